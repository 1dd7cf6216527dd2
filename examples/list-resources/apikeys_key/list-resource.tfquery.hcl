# Keys that were created before Terraform was used.
list "apikeys_key" "by_hand" {
  provider         = apikeys
  include_resource = true # all attributes, not only the identity

  config {
    service        = "resend"
    created_before = "2026-01-01T00:00:00Z"
  }
}
