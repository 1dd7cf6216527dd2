# Warns of keys that nobody has used for 90 days. A failed check does not stop a
# plan or an apply.
check "no_stale_keys" {
  data "apikeys_keys" "stale" {
    service    = "resend"
    unused_for = "90d"
  }

  assert {
    condition     = length(data.apikeys_keys.stale.keys) == 0
    error_message = "Not used for 90 days: ${join(", ", [for k in data.apikeys_keys.stale.keys : "${k.name} (${k.id})"])}."
  }
}
