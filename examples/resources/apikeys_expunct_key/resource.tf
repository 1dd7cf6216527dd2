resource "apikeys_expunct_key" "backend" {
  name = "Production Backend"

  rotation = {
    # Any change here makes a new key.
    triggers = { release = "14" }
  }

  lifecycle {
    # The new key lives before the old one dies.
    create_before_destroy = true
  }
}
