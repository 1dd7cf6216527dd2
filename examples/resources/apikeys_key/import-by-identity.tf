import {
  to = apikeys_key.ci
  identity = {
    id      = "690bd6a5-bbaf-4a7a-b379-8c883409de8c"
    service = "resend"
  }
}
