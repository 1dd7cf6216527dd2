# Keys that somebody created by hand. var.adopt says how to find them.

import {
  for_each = var.adopt.pioneer
  to       = apikeys_pioneer_key.adopted[each.key]
  id       = each.value
}

resource "apikeys_pioneer_key" "adopted" {
  for_each = var.adopt.pioneer
  name     = each.key

  lifecycle {
    create_before_destroy = true
  }
}

import {
  for_each = var.adopt.onepin
  to       = apikeys_onepin_key.adopted[each.key]
  id       = each.value
}

resource "apikeys_onepin_key" "adopted" {
  for_each = var.adopt.onepin
  name     = each.key

  lifecycle {
    create_before_destroy = true
  }
}

import {
  for_each = var.adopt.expunct
  to       = apikeys_expunct_key.adopted[each.key]
  id       = each.value
}

resource "apikeys_expunct_key" "adopted" {
  for_each = var.adopt.expunct
  name     = each.key

  lifecycle {
    create_before_destroy = true
  }
}
