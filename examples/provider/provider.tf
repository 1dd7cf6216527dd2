terraform {
  required_providers {
    apikeys = {
      source  = "terraform-apikeys/apikeys"
      version = "~> 0.1"
    }
  }
}

# Nothing has to be set here. Set credentials in the environment: PIONEER_API_KEY
# (and PIONEER_SESSION_TOKEN, where API keys cannot create keys), ONEPIN_TOKEN or
# ONEPIN_API_KEY, EXPUNCT_API_KEY. A service that is not used needs none.
provider "apikeys" {}

# A second OnePin workspace. A program prints the token to sign in with.
provider "apikeys" {
  alias = "staging"

  onepin {
    token_command = ["onepin-session", "token", "--workspace", "staging"]
    workspace_id  = "a3f1c2d4-5b6e-4f7a-9c8d-123456789abc"
  }

  request_timeout = "20s"
}
