# What `make demo` drives: one key at each service, rotated by a trigger, handed
# to something that uses it; and keys that were there before Terraform, adopted.

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

# Stands for whatever uses the keys. It depends on them, so that a rotation goes:
# new keys, new deployment, and only then are the old keys revoked.
resource "terraform_data" "deployment" {
  input = {
    pioneer = apikeys_pioneer_key.app.key_version
    onepin  = apikeys_onepin_key.app.key_version
    expunct = apikeys_expunct_key.app.key_version
  }
}
