variable "age_identity" {
  description = "AGE-SECRET-KEY-1…, from the environment: TF_VAR_age_identity."
  type        = string
  ephemeral   = true
}

# Encrypted in the state, and so at hand in every run that has an identity, not
# only in the one that makes the key.
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
  required      = true # or the provider below would sign in with whatever its environment holds
}

provider "apikeys" {
  alias = "worker"
  onepin { token = ephemeral.apikeys_key_value.worker.value }
}
