import {
  to = apikeys_expunct_key.backend
  identity = {
    id        = "key_u1v2w3x4"
    tenant_id = "tenant_a1b2c3"
  }
}
