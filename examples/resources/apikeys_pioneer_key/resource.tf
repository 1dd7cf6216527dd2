resource "apikeys_pioneer_key" "ci" {
  name = "ci-pipeline"

  # Any change here makes a new key.
  rotation_triggers = { quarter = "2026-Q1" }

  lifecycle {
    # The new key lives before the old one dies.
    create_before_destroy = true
  }
}
