import {
  to = apikeys_pioneer_key.ci
  id = "name:ci-pipeline"
}
