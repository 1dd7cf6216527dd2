# The service, and the id, or the name if only one live key has it.
terraform import apikeys_key.ci resend/690bd6a5-bbaf-4a7a-b379-8c883409de8c
terraform import apikeys_key.ci resend/name:ci-pipeline
