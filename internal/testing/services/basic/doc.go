// Package basic is a service that does not exist, and the model for a new one: its keys
// can be created, listed and revoked, and nothing is odd about it. Copy this folder.
//
// Here stands what is odd about a service, each with its source and where it is dealt
// with. See internal/testing/services/acme for a service with paging, updates and
// attributes of its own.
package basic

//go:generate go tool -modfile=../../../../tools/go.mod oapi-codegen -config api/oapi-codegen.yaml api/openapi.yaml
//go:generate go tool -modfile=../../../../tools/go.mod oapi-codegen -config simulator/oapi-codegen.yaml api/openapi.yaml
