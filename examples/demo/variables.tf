variable "generation" {
  description = "Changing this rotates every key."
  type        = number
  default     = 1
}

variable "adopt" {
  description = "For each service, names of keys to adopt and the ids to import them by."
  type = object({
    pioneer = optional(map(string), {})
    onepin  = optional(map(string), {})
    expunct = optional(map(string), {})
  })
  default = {}
}
