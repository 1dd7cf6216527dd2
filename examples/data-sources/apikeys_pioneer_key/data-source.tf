data "apikeys_pioneer_key" "ci" {
  name = "ci-pipeline"
}

output "ci_key_age" {
  value = data.apikeys_pioneer_key.ci.created_at
}
