# Keys of production that were created before Terraform was used.
list "apikeys_expunct_key" "by_hand" {
  provider         = apikeys
  include_resource = true # all attributes, not only the identity

  config {
    name_regex     = "^Production "
    created_before = "2026-01-01T00:00:00Z"
  }
}
