# Rotates every 90 days, in place: for a day both keys work, so that whatever
# reads the key has time to pick up the new one.
resource "apikeys_pioneer_key" "inference" {
  name = "production-inference"

  rotate_after     = "90d"
  rotation_overlap = "24h"

  lifecycle {
    create_before_destroy = true
  }
}
