// Package tfkey is the Terraform side of an API key, written once for all
// services: schema, resource, rotation, import, identity, data sources and
// diagnostics. What differs between services is data, a [Definition].
package tfkey
