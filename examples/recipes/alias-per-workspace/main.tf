# One provider configuration for each workspace (OnePin) or tenant (Expunct), and
# the same keys in each of them.

terraform {
  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}

variable "production" {
  description = "Where production's keys live. The ids are not secret; the credentials come from the environment."
  type        = object({ workspace_id = string, tenant_id = string })
}

variable "staging" {
  description = "Where staging's keys live."
  type        = object({ workspace_id = string, tenant_id = string })
}

provider "apikeys" {
  alias = "production"
  onepin { workspace_id = var.production.workspace_id }
  expunct { tenant_id = var.production.tenant_id }
}

provider "apikeys" {
  alias = "staging"
  onepin { workspace_id = var.staging.workspace_id }
  expunct { tenant_id = var.staging.tenant_id }
}

module "production" {
  source    = "./keys"
  providers = { apikeys = apikeys.production }
}

module "staging" {
  source    = "./keys"
  providers = { apikeys = apikeys.staging }
}

output "keys" {
  description = "Ids of the keys, by environment and service."
  value       = { production = module.production.ids, staging = module.staging.ids }
}
