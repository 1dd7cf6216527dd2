resource "apikeys_pioneer_key" "app" {
  name              = "production-inference"
  store_key         = false # no state has the value
  rotation_triggers = { quarter = "2026-Q1" }

  lifecycle {
    # The new key is in the secret store before the old one is revoked.
    create_before_destroy = true
  }
}

ephemeral "apikeys_key_value" "app" {
  key_id = apikeys_pioneer_key.app.id
}

# Replace with your secret store. Write-only arguments are, among others:
#   aws_secretsmanager_secret_version      secret_string_wo, secret_string_wo_version
#   azurerm_key_vault_secret               value_wo,         value_wo_version
#   google_secret_manager_secret_version   secret_data_wo,   secret_data_wo_version
#   vault_kv_secret_v2                     data_json_wo,     data_json_wo_version
resource "secretstore_secret" "app" {
  name             = "inference/api-key"
  value_wo         = ephemeral.apikeys_key_value.app.value
  value_wo_version = apikeys_pioneer_key.app.key_version
}
