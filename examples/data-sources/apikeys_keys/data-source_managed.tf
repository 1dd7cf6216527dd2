resource "apikeys_key" "ci" {
  service = "resend"
  name    = "ci-pipeline"

  lifecycle {
    create_before_destroy = true
  }
}

data "apikeys_keys" "all" {
  service = "resend"
}

locals {
  # By name, as the ids change with each rotation; duplicate_ids lists other
  # keys that have the name of a managed one.
  unmanaged = setsubtract(data.apikeys_keys.all.keys[*].name, [apikeys_key.ci.name])
}

check "every_key_is_managed_here" {
  assert {
    condition     = length(local.unmanaged) == 0
    error_message = "Keys that nobody manages here: ${join(", ", local.unmanaged)}."
  }
}
