# Every live key of the workspace, including those that are switched off.
list "apikeys_onepin_key" "all" {
  provider = apikeys

  config {
    status = "all"
  }
}

# Keys that nobody has used for 90 days.
list "apikeys_onepin_key" "stale" {
  provider         = apikeys
  include_resource = true # all attributes, not only the identity
  limit            = 20

  config {
    unused_for = "90d"
  }
}
