# `make demo` runs this: one key at each service, rotated by a trigger and passed to
# a consumer, and imported keys.

terraform {
  required_version = ">= 1.7" # import blocks with for_each

  required_providers {
    apikeys = {
      source = "terraform-apikeys/apikeys"
    }
  }
}

provider "apikeys" {}

resource "apikeys_pioneer_key" "app" {
  name              = "demo-app"
  rotation_triggers = { generation = var.generation }

  lifecycle {
    create_before_destroy = true
  }
}

resource "apikeys_onepin_key" "app" {
  name               = "demo-app"
  scopes             = ["workflows:read", "workflows:run"]
  rate_limit_per_min = 600
  rotation_triggers  = { generation = var.generation }

  lifecycle {
    create_before_destroy = true
  }
}

resource "apikeys_expunct_key" "app" {
  name              = "demo-app"
  rotation_triggers = { generation = var.generation }

  lifecycle {
    create_before_destroy = true
  }
}

# The consumer of the keys. It depends on them, so a rotation creates the new keys,
# then updates the deployment, then revokes the old keys.
resource "terraform_data" "deployment" {
  input = {
    pioneer = apikeys_pioneer_key.app.key_version
    onepin  = apikeys_onepin_key.app.key_version
    expunct = apikeys_expunct_key.app.key_version
  }
}
