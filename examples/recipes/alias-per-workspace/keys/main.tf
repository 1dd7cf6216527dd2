# The keys of every environment. The caller's provider decides which one.

terraform {
  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}

resource "apikeys_onepin_key" "worker" {
  name   = "worker"
  scopes = ["workflows:run"]

  lifecycle {
    create_before_destroy = true
  }
}

resource "apikeys_expunct_key" "backend" {
  name = "backend"

  lifecycle {
    create_before_destroy = true
  }
}

output "ids" {
  value = { onepin = apikeys_onepin_key.worker.id, expunct = apikeys_expunct_key.backend.id }
}
