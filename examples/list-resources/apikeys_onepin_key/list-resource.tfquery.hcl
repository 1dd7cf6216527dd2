# Every live key of the workspace, those that are switched off too.
list "apikeys_onepin_key" "all" {
  provider = apikeys

  config {
    status = "all"
  }
}

# What nobody seems to need any more.
list "apikeys_onepin_key" "stale" {
  provider         = apikeys
  include_resource = true # all that a resource would have, not only the identity
  limit            = 20

  config {
    unused_for = "90d"
  }
}
