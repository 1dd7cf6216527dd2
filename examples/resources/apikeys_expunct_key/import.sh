# By id.
terraform import apikeys_expunct_key.backend key_u1v2w3x4

# By name, when exactly one live key has it.
terraform import apikeys_expunct_key.backend 'name:Production Backend'

# At a tenant other than the provider's, by id or by name.
terraform import apikeys_expunct_key.backend tenant_a1b2c3/key_u1v2w3x4
terraform import apikeys_expunct_key.backend 'tenant_a1b2c3/name:Production Backend'
