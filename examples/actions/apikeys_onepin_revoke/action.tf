# Keys that leaked. Nothing happens until it is asked for:
#
#   terraform apply -invoke=action.apikeys_onepin_revoke.leaked
action "apikeys_onepin_revoke" "leaked" {
  config {
    ids = ["d290f1ee-6c54-4b01-90e6-d701748f0851"]
  }
}
