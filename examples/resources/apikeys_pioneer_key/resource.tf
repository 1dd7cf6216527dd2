resource "apikeys_pioneer_key" "ci" {
  name = "ci-pipeline"

  # Any change here rotates the key.
  rotation_triggers = { quarter = "2026-Q1" }

  lifecycle {
    # Create the new key before the old one is revoked.
    create_before_destroy = true
  }
}
