# Keys of production that were there before Terraform.
list "apikeys_expunct_key" "by_hand" {
  provider         = apikeys
  include_resource = true # all that a resource would have, not only the identity

  config {
    name_regex     = "^Production "
    created_before = "2026-01-01T00:00:00Z"
  }
}
