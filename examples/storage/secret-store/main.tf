# A key whose value goes straight into a secret store, and to no state and no plan.
# In the run that creates the key, the value passes from the memory of the provider
# to the store's write-only argument. No other run has it.
#
# Replace secretstore with your secret store. Write-only arguments are, among others:
#   aws_secretsmanager_secret_version      secret_string_wo, secret_string_wo_version
#   azurerm_key_vault_secret               value_wo,         value_wo_version
#   google_secret_manager_secret_version   secret_data_wo,   secret_data_wo_version
#   vault_kv_secret_v2                     data_json_wo,     data_json_wo_version

terraform {
  required_version = ">= 1.11" # write-only arguments

  required_providers {
    apikeys     = { source = "terraform-apikeys/apikeys" }
    secretstore = { source = "terraform-apikeys/secretstore" } # exists in `make demo` only: put the provider of your store here
  }
}

variable "generation" {
  description = "Changing this rotates the key."
  type        = number
  default     = 1
}

variable "ledger" {
  description = "File in which the store records what it received: name, version, SHA-256."
  type        = string
}

provider "apikeys" {}

provider "secretstore" {
  ledger = var.ledger
}

resource "apikeys_pioneer_key" "app" {
  name              = "production-inference"
  store_key         = false
  rotation_triggers = { generation = var.generation }

  lifecycle {
    # The new key is in the store before the old one is revoked.
    create_before_destroy = true
  }
}

# Opened once the id is known, that is, when the key has been created.
ephemeral "apikeys_key_value" "app" {
  key_id = apikeys_pioneer_key.app.id
}

resource "secretstore_secret" "app" {
  name             = "inference/api-key"
  value_wo         = ephemeral.apikeys_key_value.app.value
  value_wo_version = apikeys_pioneer_key.app.key_version # a new number sends the value, the same one sends nothing
}

output "digest" {
  description = "SHA-256 of what the store holds."
  value       = secretstore_secret.app.digest
}
