# By id, after the name of the service.
terraform import apikeys_key.ci resend/690bd6a5-bbaf-4a7a-b379-8c883409de8c

# By name, when exactly one live key has it.
terraform import apikeys_key.ci resend/name:ci-pipeline
