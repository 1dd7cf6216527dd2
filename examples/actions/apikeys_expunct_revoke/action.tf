variable "retired" {
  description = "Keys that were made by hand and are to go, as soon as their id is written down here."
  type        = list(string)
  default     = ["key_u1v2w3x4"]
}

action "apikeys_expunct_revoke" "retired" {
  config {
    ids = var.retired
  }
}

# Revokes them in the apply that sees the list for the first time, and changed.
resource "terraform_data" "retired" {
  input = var.retired

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.apikeys_expunct_revoke.retired]
    }
  }
}
