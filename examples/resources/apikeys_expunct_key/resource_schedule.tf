# Replaced by the first apply after 30 days. A second key of the same name is an
# error here, instead of the warning that is the default.
resource "apikeys_expunct_key" "batch" {
  name              = "nightly batch"
  on_duplicate_name = "fail"

  rotation = {
    after = "30d"
  }

  lifecycle {
    create_before_destroy = true
  }
}
