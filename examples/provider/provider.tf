terraform {
  required_providers {
    apikeys = {
      source  = "terraform-apikeys/apikeys"
      version = "~> 0.1"
    }
  }
}

# Credentials come from the environment, such as PIONEER_API_KEY.
provider "apikeys" {}

# Another workspace at OnePin.
provider "apikeys" {
  alias = "staging"

  onepin {
    token_command = ["onepin-session", "token", "--workspace", "staging"]
    workspace_id  = "a3f1c2d4-5b6e-4f7a-9c8d-123456789abc"
  }
}

resource "apikeys_pioneer_key" "ci" {
  name              = "ci-pipeline"
  rotation_triggers = { quarter = "2026-Q1" } # a change rotates the key

  lifecycle {
    create_before_destroy = true # the new key exists before the old one is revoked
  }
}
