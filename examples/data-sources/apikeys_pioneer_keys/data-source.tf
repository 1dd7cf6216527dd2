# Pioneer may not say when a key was last used: keys are judged by their age. A failed check is a
# warning in every plan and apply, and stops neither.
check "no_old_keys" {
  data "apikeys_pioneer_keys" "old" {
    created_before = timeadd(plantimestamp(), "-2160h") # 90 days
  }

  assert {
    condition     = length(data.apikeys_pioneer_keys.old.keys) == 0
    error_message = "Older than 90 days: ${join(", ", [for k in data.apikeys_pioneer_keys.old.keys : "${k.name} (${k.id})"])}."
  }
}
