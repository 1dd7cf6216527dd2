# Replaced by the first apply after 30 days.
resource "apikeys_expunct_key" "batch" {
  name = "nightly batch"

  rotate_after = "30d"

  lifecycle {
    create_before_destroy = true
  }
}
