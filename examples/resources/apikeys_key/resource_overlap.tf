# Rotates every 90 days, in place. Both keys work for a day, so that everything that
# reads the key has time to take the new one.
resource "apikeys_key" "newsletter" {
  service = "resend"
  name    = "newsletter"

  rotate_after     = "90d"
  rotation_overlap = "24h"

  lifecycle {
    create_before_destroy = true
  }
}
