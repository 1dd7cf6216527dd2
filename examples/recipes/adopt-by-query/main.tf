# Imports the keys that keys.tfquery.hcl finds, with configuration that Terraform
# writes for them.

terraform {
  required_version = ">= 1.14" # terraform query

  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}

provider "apikeys" {}
