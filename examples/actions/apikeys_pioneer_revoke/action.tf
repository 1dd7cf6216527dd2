# Revokes the remaining keys of a project that has ended. Check the plan first:
#
#   terraform plan -invoke=action.apikeys_pioneer_revoke.ended
#   terraform apply -invoke=action.apikeys_pioneer_revoke.ended
data "apikeys_pioneer_keys" "ended" {
  name_regex = "^trial-2025-"
}

action "apikeys_pioneer_revoke" "ended" {
  config {
    ids = data.apikeys_pioneer_keys.ended.ids
  }
}
