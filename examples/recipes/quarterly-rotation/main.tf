# Every key is rotated by the first apply of each quarter.

terraform {
  required_version = ">= 1.5" # plantimestamp

  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}

variable "now" {
  description = "To try another day, an RFC 3339 time. Null: the time of the plan."
  type        = string
  default     = null
}

locals {
  # plantimestamp() is known while planning, unlike timestamp(), and stays the same in
  # the apply of a saved plan. It differs in each plan, so use only its quarter as the
  # trigger.
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

# Both keys work for a week.
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
