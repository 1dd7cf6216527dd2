resource "apikeys_onepin_key" "worker" {
  name               = "render worker"
  scopes             = ["workflows:read", "workflows:run"]
  rate_limit_per_min = 600

  # Any change here makes a new key.
  rotation_triggers = { worker_image = "2026.03" }

  lifecycle {
    # The new key lives before the old one dies.
    create_before_destroy = true
  }
}
