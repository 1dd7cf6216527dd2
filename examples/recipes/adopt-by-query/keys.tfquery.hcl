variable "since" {
  description = "Keys created before this time were created by hand."
  type        = string
}

list "apikeys_onepin_key" "by_hand" {
  provider         = apikeys
  include_resource = true

  config {
    created_before = var.since
  }
}
