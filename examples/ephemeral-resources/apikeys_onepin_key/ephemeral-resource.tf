# A key for this run only, with few rights and a low rate limit. It is revoked when
# nothing needs it any more.
ephemeral "apikeys_onepin_key" "job" {
  name               = "ci-job"
  mint               = terraform.applying # a plan creates no key
  expires_after      = "30m"              # longer than any run takes
  scopes             = ["workflows:read"]
  rate_limit_per_min = 60
}

provider "apikeys" {
  alias = "job"
  onepin { token = ephemeral.apikeys_onepin_key.job.key }
}
