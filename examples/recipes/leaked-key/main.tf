# A key has leaked: find out which one, and rotate it.
# For every version of Terraform and OpenTofu that runs the provider.

terraform {
  required_version = ">= 1.3" # endswith

  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}

variable "incident" {
  description = "Changing this rotates the keys below: a date, or a ticket."
  type        = string
  default     = "none"
}

variable "ending" {
  description = "The last characters of the value that leaked, to find out which key it is; at least four. Never the whole value."
  type        = string
  default     = ""
}

# OnePin's own rotate call revokes the old key at the moment at which it creates the
# new one, not only after everything that uses it was updated.
resource "apikeys_onepin_key" "webhook" {
  name = "webhook"

  rotation_triggers = { incident = var.incident }
  native_rotation   = true

  lifecycle {
    create_before_destroy = true
  }
}

# Elsewhere the old key is revoked at the end of the same apply.
resource "apikeys_pioneer_key" "inference" {
  name              = "inference"
  rotation_triggers = { incident = var.incident }

  lifecycle {
    create_before_destroy = true
  }
}

data "apikeys_onepin_keys" "all" {
  status = "all" # those that are switched off, too
}

output "suspects" {
  description = "OnePin's keys whose value ends like that; an empty list without var.ending."
  value = [
    for k in data.apikeys_onepin_keys.all.keys : { id = k.id, name = k.name, live = k.revoked_at == null, last_used_at = k.last_used_at }
    if length(var.ending) >= 4 && (endswith(var.ending, coalesce(k.key_suffix, "unknown")) || endswith(coalesce(k.key_suffix, "unknown"), var.ending))
  ]
}
