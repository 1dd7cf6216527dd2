data "apikeys_expunct_key" "backend" {
  name = "Production Backend"
}

output "backend_last_used" {
  value = data.apikeys_expunct_key.backend.last_used_at
}
