# Revokes leaked keys. It runs only when invoked:
#
#   terraform apply -invoke=action.apikeys_revoke.leaked
action "apikeys_revoke" "leaked" {
  config {
    service = "resend"
    ids     = ["690bd6a5-bbaf-4a7a-b379-8c883409de8c"]
  }
}
