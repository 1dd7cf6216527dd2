variable "age_identity" {
  description = "AGE-SECRET-KEY-1…, from the environment: TF_VAR_age_identity."
  type        = string
  ephemeral   = true
}

resource "apikeys_onepin_key" "worker" {
  name       = "render worker"
  encrypt_to = ["age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"]

  lifecycle {
    create_before_destroy = true
  }
}

# With an ephemeral identity the result is ephemeral too: Terraform allows it only in
# provider configuration, write-only arguments and the like.
provider "apikeys" {
  alias = "worker"
  onepin { token = provider::apikeys::decrypt(apikeys_onepin_key.worker.encrypted_key, var.age_identity) }
}
