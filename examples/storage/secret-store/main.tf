# A key that goes straight into a secret store and is written to no state and no
# plan. In the run that makes it, the value passes from the memory of the provider
# to the store's write-only argument; no other run has it.
#
# secretstore stands for the store you use. Its likes are, among others:
#   aws_secretsmanager_secret_version      secret_string_wo, secret_string_wo_version
#   azurerm_key_vault_secret               value_wo,         value_wo_version
#   google_secret_manager_secret_version   secret_data_wo,   secret_data_wo_version
#   vault_kv_secret_v2                     data_json_wo,     data_json_wo_version

terraform {
  required_version = ">= 1.11" # write-only arguments

  required_providers {
    apikeys     = { source = "terraform-apikeys/apikeys" }
    secretstore = { source = "terraform-apikeys/secretstore" } # exists in `make demo` alone: put the provider of your store here
  }
}

variable "generation" {
  description = "Changing this rotates the key."
  type        = number
  default     = 1
}

variable "ledger" {
  description = "File in which the store writes down what it was given: name, version, SHA-256."
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
    # New key, then the store has it, and only then is the old one revoked.
    create_before_destroy = true
  }
}

# The id of a key that is still to be made is not known, so this waits for it.
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
