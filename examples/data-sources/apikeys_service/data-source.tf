# What the catalog says about Resend, and what does not hold for its keys.
data "apikeys_service" "resend" {
  name = "resend"
}

output "resend" {
  value = {
    notes  = data.apikeys_service.resend.notes
    limits = data.apikeys_service.resend.limits
  }
}
