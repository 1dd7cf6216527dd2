# For a leaked key: a new trigger revokes it at once.
resource "apikeys_onepin_key" "webhook" {
  name = "webhook"

  rotation_triggers = { incident = "2026-02-13" }
  native_rotation   = true
}
