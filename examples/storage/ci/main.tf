# A CI job that signs in with a key of its own: created for this run, used as the
# credential of another provider, revoked before the run ends. The long-lived
# credential (here PIONEER_API_KEY) only creates and revokes it.

terraform {
  required_version = ">= 1.10" # ephemeral resources

  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}

variable "recipients" {
  description = "Who can open the key of the preview environment."
  type        = set(string)
}

variable "generation" {
  description = "Changing this rotates the key of the preview environment."
  type        = number
  default     = 1
}

variable "destroying" {
  description = "Set it for `terraform destroy`: terraform.applying is false there."
  type        = bool
  default     = false
}

provider "apikeys" {}

ephemeral "apikeys_pioneer_key" "job" {
  name          = "ci-job"
  mint          = terraform.applying || var.destroying # a plan creates no key
  expires_after = "30m"                                # longer than any run takes
}

# Any provider that takes its credential in its configuration will do.
provider "apikeys" {
  alias = "job"
  pioneer { api_key = ephemeral.apikeys_pioneer_key.job.key }
}

# What the job does with it.
resource "apikeys_pioneer_key" "preview" {
  provider = apikeys.job

  name              = "preview-environment"
  encrypt_to        = var.recipients
  rotation_triggers = { generation = var.generation }

  lifecycle {
    create_before_destroy = true
  }
}
