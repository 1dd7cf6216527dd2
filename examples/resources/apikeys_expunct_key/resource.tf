resource "apikeys_expunct_key" "backend" {
  name = "Production Backend"

  # Any change here rotates the key.
  rotation_triggers = { release = "14" }

  lifecycle {
    # Create the new key before the old one is revoked.
    create_before_destroy = true
  }
}
