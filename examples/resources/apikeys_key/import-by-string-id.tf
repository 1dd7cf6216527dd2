import {
  to = apikeys_key.ci
  id = "resend/name:ci-pipeline"
}
