resource "apikeys_onepin_key" "worker" {
  name               = "render worker"
  scopes             = ["workflows:read", "workflows:run"]
  rate_limit_per_min = 600

  rotation_triggers = { image = "2026.03" } # a change rotates the key

  lifecycle {
    create_before_destroy = true
  }
}
