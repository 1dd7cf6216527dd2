resource "apikeys_pioneer_key" "ci" {
  name = "ci-pipeline"

  # Any change here rotates the key.
  rotation_triggers = { quarter = "2026-Q1" }

  lifecycle {
    create_before_destroy = true
  }
}
