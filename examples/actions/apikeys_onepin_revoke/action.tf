# Revokes leaked keys. It runs only when invoked:
#
#   terraform apply -invoke=action.apikeys_onepin_revoke.leaked
action "apikeys_onepin_revoke" "leaked" {
  config {
    ids = ["d290f1ee-6c54-4b01-90e6-d701748f0851"]
  }
}
