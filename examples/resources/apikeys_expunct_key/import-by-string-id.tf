import {
  to = apikeys_expunct_key.backend
  id = "key_u1v2w3x4"
}
