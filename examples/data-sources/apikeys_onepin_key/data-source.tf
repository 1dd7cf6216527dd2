data "apikeys_onepin_key" "worker" {
  id = "d290f1ee-6c54-4b01-90e6-d701748f0851"
}

output "worker_last_used" {
  value = data.apikeys_onepin_key.worker.last_used_at
}
