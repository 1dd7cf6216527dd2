# By id, or by name if only one live key has it.
terraform import apikeys_onepin_key.worker d290f1ee-6c54-4b01-90e6-d701748f0851
terraform import apikeys_onepin_key.worker 'name:render worker'

# With the workspace, if it is not the provider's.
terraform import apikeys_onepin_key.worker 'a3f1c2d4-5b6e-4f7a-9c8d-123456789abc/name:render worker'
