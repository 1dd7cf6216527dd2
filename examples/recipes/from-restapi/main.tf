# A key that Mastercard/restapi has created at Resend moves here, with its value.

terraform {
  required_version = ">= 1.8" # moved blocks between resource types

  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}

# Before:
#
#   resource "restapi_object" "ci" {
#     path = "/api-keys"
#     data = jsonencode({ name = "ci-pipeline", permission = "sending_access" })
#   }
moved {
  from = restapi_object.ci
  to   = apikeys_key.ci
}

resource "apikeys_key" "ci" {
  service   = "resend"
  name      = "ci-pipeline"
  arguments = jsonencode({ permission = "sending_access" })

  lifecycle {
    create_before_destroy = true
  }
}

output "key" {
  description = "Was jsondecode(restapi_object.ci.create_response).token."
  value       = apikeys_key.ci.key
  sensitive   = true
}
