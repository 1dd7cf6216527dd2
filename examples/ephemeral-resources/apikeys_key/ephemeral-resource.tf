# A key for this run only. It is revoked when nothing needs it any more.
ephemeral "apikeys_key" "job" {
  service       = "resend"
  name          = "ci-job"
  mint          = terraform.applying # a plan creates no key
  expires_after = "30m"              # longer than any run takes
}

provider "apikeys" {
  alias = "job"

  service {
    name       = "resend"
    credential = ephemeral.apikeys_key.job.key
  }
}
