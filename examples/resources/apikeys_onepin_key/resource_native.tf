# For a key that may have leaked: the service's own rotate call, which makes the
# new key and kills the old one in the same moment.
resource "apikeys_onepin_key" "webhook" {
  name = "webhook"

  rotation_triggers = { incident = "2026-02-13" }
  native_rotation   = true

  lifecycle {
    create_before_destroy = true
  }
}
