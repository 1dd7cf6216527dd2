output "held" {
  description = "Every key that Terraform holds: id, and the value where it is known."
  sensitive   = true
  value = {
    pioneer = [for k in concat([apikeys_pioneer_key.app], values(apikeys_pioneer_key.adopted)) : { id = k.id, key = k.key }]
    onepin  = [for k in concat([apikeys_onepin_key.app], values(apikeys_onepin_key.adopted)) : { id = k.id, key = k.key }]
    expunct = [for k in concat([apikeys_expunct_key.app], values(apikeys_expunct_key.adopted)) : { id = k.id, key = k.key }]
  }
}
