resource "apikeys_expunct_key" "backend" {
  name = "Production Backend"

  lifecycle {
    create_before_destroy = true
  }
}

data "apikeys_expunct_keys" "production" {
  name_regex = "^Production "
}

locals {
  # By name, as the ids change with each rotation; duplicate_ids lists other
  # keys that have the name of a managed one.
  unmanaged = setsubtract(data.apikeys_expunct_keys.production.keys[*].name, [apikeys_expunct_key.backend.name])
}

check "every_production_key_is_managed_here" {
  assert {
    condition     = length(local.unmanaged) == 0
    error_message = "Keys that nobody manages here: ${join(", ", local.unmanaged)}."
  }
}
