# Imports every live key of a workspace, under its own name, without changing anything
# at the service.

terraform {
  required_version = ">= 1.7" # import blocks with for_each

  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}

variable "names" {
  description = "The keys to manage. Null: those that the workspace has now. See README.md."
  type        = set(string)
  default     = null
}

variable "except" {
  description = "Names of keys not to import, such as the key that the provider signs in with."
  type        = set(string)
  default     = []
}

data "apikeys_onepin_keys" "all" {}

locals {
  # Oldest first, so that during a rotation the name still means the old key.
  by_name = { for k in data.apikeys_onepin_keys.all.keys : k.name => k.id... }
  names   = var.names != null ? var.names : setsubtract(keys(local.by_name), var.except)
}

import {
  for_each = { for name in local.names : name => local.by_name[name][0] if contains(keys(local.by_name), name) }
  to       = apikeys_onepin_key.adopted[each.key]
  id       = each.value
}

# What is not set here (scopes, rate limit) stays as it is.
resource "apikeys_onepin_key" "adopted" {
  for_each = local.names

  name = each.key

  lifecycle {
    create_before_destroy = true
  }
}

check "one_key_a_name" {
  assert {
    condition     = alltrue([for name in local.names : length(lookup(local.by_name, name, [])) < 2])
    error_message = "Several keys have one name; the oldest is imported: ${join(", ", [for name, ids in local.by_name : name if length(ids) > 1])}."
  }
}

output "names" {
  description = "For the variable of that name: see README.md."
  value       = local.names
}
