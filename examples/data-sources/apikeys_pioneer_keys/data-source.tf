# Warns of keys older than 90 days, because Pioneer may not say when a key was last used.
# A failed check does not stop a plan or an apply.
check "no_old_keys" {
  data "apikeys_pioneer_keys" "old" {
    created_before = timeadd(plantimestamp(), "-2160h") # 90 days
  }

  assert {
    condition     = length(data.apikeys_pioneer_keys.old.keys) == 0
    error_message = "Older than 90 days: ${join(", ", [for k in data.apikeys_pioneer_keys.old.keys : "${k.name} (${k.id})"])}."
  }
}
