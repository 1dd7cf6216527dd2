# By id, or by name if only one live key has it.
terraform import apikeys_pioneer_key.ci 7c9e6679-7425-40de-944b-e07fc1f90ae7
terraform import apikeys_pioneer_key.ci name:ci-pipeline
