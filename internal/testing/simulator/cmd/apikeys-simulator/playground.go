package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// hosts are the registries that Terraform and OpenTofu look for the provider at.
var hosts = []string{"registry.terraform.io", "registry.opentofu.org"}

// install puts a built provider into a filesystem mirror in folder, for `terraform init`,
// and writes a CLI configuration that uses the mirror. It returns the configuration's path.
//
// The version fits "~> 0.1", which the documentation asks for. A lock file has a checksum of
// the version that it names. So another build gets a version of its own, and earlier versions
// stay: `terraform init` goes on with the version of the lock file, and `terraform init
// -upgrade` takes the newest one.
// (https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror)
func install(program, folder string) (config string, err error) {
	folder, err = filepath.Abs(folder)
	if err != nil {
		return "", fmt.Errorf("install the provider: %w", err)
	}
	binary, err := os.ReadFile(program)
	if err != nil {
		return "", fmt.Errorf("install the provider: %w", err)
	}
	mirror := filepath.Join(folder, "mirror")
	version := fmt.Sprintf("0.1.%d", time.Now().UnixMilli())
	for _, host := range hosts {
		if err := addVersion(filepath.Join(mirror, host, "terraform-apikeys", "apikeys"), version, filepath.Base(program), binary); err != nil {
			return "", fmt.Errorf("install the provider: %w", err)
		}
	}
	config = filepath.Join(folder, "playground.rc")
	return config, writeFile(config, cliConfig(mirror))
}

// addVersion adds a build to a provider's folder in a mirror, unless its newest version is
// that build.
func addVersion(provider, version, name string, binary []byte) error {
	platform := runtime.GOOS + "_" + runtime.GOARCH
	versions, err := os.ReadDir(provider)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if n := len(versions); n > 0 { // sorted; all have the same number of digits
		newest, err := os.ReadFile(filepath.Join(provider, versions[n-1].Name(), platform, name))
		if err == nil && bytes.Equal(newest, binary) {
			return nil
		}
	}
	folder := filepath.Join(provider, version, platform)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, name), binary, 0o755)
}

// cliConfig is a CLI configuration that takes this provider from the mirror, and all others
// from where they come from.
func cliConfig(mirror string) string {
	patterns := slices.Clone(hosts)
	for i, host := range patterns {
		patterns[i] = fmt.Sprintf("%q", host+"/terraform-apikeys/apikeys")
	}
	own := strings.Join(patterns, ", ")
	return fmt.Sprintf(`provider_installation {
  filesystem_mirror {
    path    = %q
    include = [%s]
  }
  direct {
    exclude = [%s]
  }
}
`, filepath.ToSlash(mirror), own, own)
}
