# A key that only a person can create, in the service's dashboard: imported with its
# value, and rotated without a gap.

terraform {
  required_version = ">= 1.11" # write-only arguments

  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}

variable "keys" {
  description = "The keys that exist, by a label of your choice. take_value: this run takes the key's value from var.values."
  type = map(object({
    id         = string
    take_value = optional(bool, false)
  }))
}

variable "values" {
  description = "The values to take, by the same labels. Ephemeral: they are in no plan, and in no state unless the key stores them."
  type        = map(string)
  default     = {}
  ephemeral   = true
}

variable "current" {
  description = "The label of the key that is in use."
  type        = string
}

import {
  for_each = var.keys
  to       = apikeys_pioneer_key.ci[each.key]
  id       = each.value.id
}

resource "apikeys_pioneer_key" "ci" {
  for_each = var.keys
  name     = "ci"

  key_wo         = each.value.take_value ? var.values[each.key] : null
  key_wo_version = each.value.take_value ? 1 : null

  # During a rotation two keys have this name.
  on_duplicate_name = "ignore"
}

output "key" {
  description = "The value of the key that is in use."
  value       = apikeys_pioneer_key.ci[var.current].key
  sensitive   = true
}
