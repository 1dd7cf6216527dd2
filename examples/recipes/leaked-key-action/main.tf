# A key has leaked: revoke it at once, managed here or not, and create a new one after.

terraform {
  required_version = ">= 1.14" # actions

  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}

variable "leaked" {
  description = "Ids of the keys to revoke, managed here or not. This cannot be undone."
  type        = list(string)
  default     = []
}

action "apikeys_onepin_revoke" "leaked" {
  count = length(var.leaked) > 0 ? 1 : 0

  config {
    ids = var.leaked
  }
}

resource "apikeys_onepin_key" "webhook" {
  name = "webhook"

  lifecycle {
    create_before_destroy = true
  }
}

# The consumer of the key: updated as soon as there is a new one.
resource "terraform_data" "deployment" {
  input = apikeys_onepin_key.webhook.key_version
}

output "webhook" {
  value = apikeys_onepin_key.webhook.id
}
