resource "apikeys_expunct_key" "backend" {
  name = "Production Backend"

  # Any change here rotates the key.
  rotation_triggers = { release = "14" }

  lifecycle {
    create_before_destroy = true
  }
}
