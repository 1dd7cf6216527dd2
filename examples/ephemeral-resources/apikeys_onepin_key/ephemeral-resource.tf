# A key for this run alone, which can do and spend little.
ephemeral "apikeys_onepin_key" "job" {
  name               = "ci-job"
  mint               = terraform.applying # a plan makes no key
  expires_after      = "30m"              # longer than any run takes
  scopes             = ["workflows:read"]
  rate_limit_per_min = 60
}

provider "apikeys" {
  alias = "job"
  onepin { token = ephemeral.apikeys_onepin_key.job.key }
}
