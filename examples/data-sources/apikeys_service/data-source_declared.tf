# A service that the catalog does not have.
provider "apikeys" {
  service {
    name           = "internal"
    base_url       = "https://keys.example.com/v1"
    credential_env = "INTERNAL_KEYS_TOKEN"

    create {
      path  = "/keys"
      name  = "/label"
      id    = "/data/id"
      value = "/data/secret"
    }

    list {
      path       = "/keys"
      items      = "/data"
      name       = "/label"
      created_at = "/created_at"
    }

    revoke {
      path = "/keys/{id}"
    }
  }
}

data "apikeys_service" "internal" {
  name = "internal"
}

# Warns if a lost answer to a create could not be cleared up.
check "lost_creates_are_cleared_up" {
  assert {
    condition     = data.apikeys_service.internal.guarantees.lost_creates_cleared_up
    error_message = join(" ", data.apikeys_service.internal.limits)
  }
}
