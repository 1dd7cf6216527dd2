variable "age_identity" {
  description = "AGE-SECRET-KEY-1…, from the environment: TF_VAR_age_identity."
  type        = string
  ephemeral   = true
}

# The value is encrypted in the state, so every run that has an identity can use it,
# not only the run that creates the key.
resource "apikeys_onepin_key" "worker" {
  name       = "render worker"
  encrypt_to = ["age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"]

  lifecycle {
    create_before_destroy = true
  }
}

ephemeral "apikeys_key_value" "worker" {
  key_id        = apikeys_onepin_key.worker.id
  encrypted_key = apikeys_onepin_key.worker.encrypted_key
  identities    = [var.age_identity]
  required      = true # without it, the provider below could sign in with a credential of the environment
}

provider "apikeys" {
  alias = "worker"
  onepin { token = ephemeral.apikeys_key_value.worker.value }
}
