data "apikeys_key" "ci" {
  service = "resend"
  name    = "ci-pipeline"
}

output "ci_last_used" {
  value = data.apikeys_key.ci.last_used_at
}
