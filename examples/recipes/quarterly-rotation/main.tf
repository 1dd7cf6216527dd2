# Every key is rotated by the first apply of each quarter.

terraform {
  required_version = ">= 1.5" # plantimestamp

  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}

variable "now" {
  description = "For trying out what happens on another day, as an RFC 3339 time. Null: the time of the plan."
  type        = string
  default     = null
}

locals {
  # plantimestamp() is known while planning, unlike timestamp(), and an apply of a
  # saved plan still has the plan's. It is different in each plan, and the quarter
  # is not: a trigger must be nothing finer than what shall rotate the keys.
  now     = var.now != null ? var.now : plantimestamp()
  quarter = "${formatdate("YYYY", local.now)}-Q${ceil(tonumber(formatdate("M", local.now)) / 3)}"
}

resource "apikeys_pioneer_key" "app" {
  name              = "app"
  rotation_triggers = { quarter = local.quarter }

  lifecycle {
    create_before_destroy = true
  }
}

resource "apikeys_onepin_key" "app" {
  name              = "app"
  rotation_triggers = { quarter = local.quarter }

  lifecycle {
    create_before_destroy = true
  }
}

# Both keys work for a week, so that nobody has to be quick.
resource "apikeys_expunct_key" "app" {
  name              = "app"
  rotation_triggers = { quarter = local.quarter }
  rotation_overlap  = "7d"

  lifecycle {
    create_before_destroy = true
  }
}

output "quarter" {
  description = "The quarter of the plan, in UTC."
  value       = local.quarter
}
