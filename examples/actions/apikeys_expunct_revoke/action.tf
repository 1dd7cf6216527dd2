variable "retired" {
  description = "Keys that were created by hand. Adding an id here revokes the key."
  type        = list(string)
  default     = ["key_u1v2w3x4"]
}

action "apikeys_expunct_revoke" "retired" {
  config {
    ids = var.retired
  }
}

# Revokes them in the first apply, and in each apply after the list has changed.
resource "terraform_data" "retired" {
  input = var.retired

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.apikeys_expunct_revoke.retired]
    }
  }
}
