import {
  to = apikeys_onepin_key.worker
  identity = {
    id           = "d290f1ee-6c54-4b01-90e6-d701748f0851"
    workspace_id = "a3f1c2d4-5b6e-4f7a-9c8d-123456789abc"
  }
}
