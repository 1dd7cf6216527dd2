# By id, or by name if only one live key has it.
terraform import apikeys_expunct_key.backend key_u1v2w3x4
terraform import apikeys_expunct_key.backend 'name:Production Backend'

# With the tenant, if it is not the provider's.
terraform import apikeys_expunct_key.backend 'tenant_a1b2c3/name:Production Backend'
