# A key for a colleague. Terraform creates and rotates it, and only the colleague can
# read it: the state, the plan and the output hold only ciphertext.
#
#   age-keygen -o key.txt                               # the colleague; the public half is for var.recipients
#   terraform output -raw encrypted_key | age -d -i key.txt
#
# Works with every version of Terraform and OpenTofu that the provider supports.

terraform {
  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}

variable "recipients" {
  description = "Who can open the value: age1…, ssh-ed25519 …, ssh-rsa …, or armored PGP public keys."
  type        = set(string)
}

variable "generation" {
  description = "Changing this rotates the key."
  type        = number
  default     = 1
}

resource "apikeys_expunct_key" "partner" {
  name              = "partner integration"
  encrypt_to        = var.recipients
  rotation_triggers = { generation = var.generation }

  lifecycle {
    create_before_destroy = true
  }
}

output "encrypted_key" {
  description = "For the colleague. It is not secret."
  value       = apikeys_expunct_key.partner.encrypted_key
}
