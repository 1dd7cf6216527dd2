resource "apikeys_onepin_key" "worker" {
  name               = "render worker"
  scopes             = ["workflows:read", "workflows:run"]
  rate_limit_per_min = 600

  # Any change here rotates the key.
  rotation_triggers = { worker_image = "2026.03" }

  lifecycle {
    # Create the new key before the old one is revoked.
    create_before_destroy = true
  }
}
