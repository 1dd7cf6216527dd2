# For a key that may have leaked: OnePin's own rotate call, which creates the new key
# and revokes the old one at the same moment.
resource "apikeys_onepin_key" "webhook" {
  name = "webhook"

  rotation_triggers = { incident = "2026-02-13" }
  native_rotation   = true

  lifecycle {
    create_before_destroy = true
  }
}
