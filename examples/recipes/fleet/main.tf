# A fleet of keys from one map: an entry is a key, its removal revokes the key, and
# a change rotates or updates that key only.

terraform {
  required_version = ">= 1.3" # optional attributes with defaults

  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}

variable "keys" {
  description = "The fleet, by key name. A new generation rotates the key; the rest is changed in place."
  type = map(object({
    scopes             = optional(set(string))
    rate_limit_per_min = optional(number)
    generation         = optional(number, 1)
  }))
}

resource "apikeys_onepin_key" "fleet" {
  for_each = var.keys

  name               = each.key
  scopes             = each.value.scopes
  rate_limit_per_min = each.value.rate_limit_per_min
  rotation_triggers  = { generation = each.value.generation }

  lifecycle {
    create_before_destroy = true
  }
}

output "fleet" {
  description = "The keys, without their values."
  value = {
    for name, k in apikeys_onepin_key.fleet : name => { id = k.id, key_version = k.key_version, created_at = k.created_at }
  }
}

output "values" {
  description = "The values: terraform output -json values."
  sensitive   = true
  value       = { for name, k in apikeys_onepin_key.fleet : name => k.key }
}
