resource "apikeys_expunct_key" "backend" {
  name = "Production Backend"

  # Any change here makes a new key.
  rotation_triggers = { release = "14" }

  lifecycle {
    # The new key lives before the old one dies.
    create_before_destroy = true
  }
}
