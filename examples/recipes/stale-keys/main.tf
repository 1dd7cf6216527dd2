# A report of keys that nobody uses any more: `terraform output -json report`.

terraform {
  required_version = ">= 1.5" # plantimestamp, check blocks

  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}

variable "days" {
  description = "A key is stale when it was not used for so many days."
  type        = number
  default     = 90
}

variable "services" {
  description = "The services to report on. Others need no credential."
  type        = set(string)
  default     = ["pioneer", "onepin", "expunct"]

  validation {
    condition     = length(setsubtract(var.services, ["pioneer", "onepin", "expunct"])) == 0
    error_message = "The services are pioneer, onepin and expunct."
  }
}

# Pioneer may not say when a key was last used, so the report goes by their age.
data "apikeys_pioneer_keys" "stale" {
  count          = contains(var.services, "pioneer") ? 1 : 0
  created_before = timeadd(plantimestamp(), "-${24 * var.days}h")
}

data "apikeys_onepin_keys" "stale" {
  count      = contains(var.services, "onepin") ? 1 : 0
  unused_for = "${var.days}d"
}

data "apikeys_expunct_keys" "stale" {
  count      = contains(var.services, "expunct") ? 1 : 0
  unused_for = "${var.days}d"
}

locals {
  found = {
    pioneer = flatten(data.apikeys_pioneer_keys.stale[*].keys)
    onepin  = flatten(data.apikeys_onepin_keys.stale[*].keys)
    expunct = flatten(data.apikeys_expunct_keys.stale[*].keys)
  }
  report = flatten([for service in sort(keys(local.found)) : [for k in local.found[service] : {
    service      = service
    id           = k.id
    name         = k.name
    created_at   = k.created_at
    last_used_at = k.last_used_at
  }]])
}

output "report" {
  description = "Stale keys by service, oldest first. last_used_at is null for a key that was never used, and at Pioneer always."
  value       = local.report
}

check "no_stale_keys" {
  assert {
    condition     = length(local.report) == 0
    error_message = "${length(local.report)} keys were not used for ${var.days} days: ${join(", ", [for k in local.report : "${k.service} ${k.id} (${k.name})"])}."
  }
}
