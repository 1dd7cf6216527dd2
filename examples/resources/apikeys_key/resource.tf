# Resend is in the catalog: RESEND_API_KEY is all that it needs.
resource "apikeys_key" "ci" {
  service = "resend"
  name    = "ci-pipeline"

  # What else the create sends.
  arguments = jsonencode({ permission = "sending_access" })

  # Any change here rotates the key.
  rotation_triggers = { quarter = "2026-Q1" }

  lifecycle {
    create_before_destroy = true
  }
}
