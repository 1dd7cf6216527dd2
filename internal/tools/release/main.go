// Command release writes what goes along with a release, besides the provider:
//
//	release notices <file>                   the licences of all that is linked in (THIRD_PARTY.md)
//	release sbom <binary> <version> <file>   the bill of materials of a build (CycloneDX 1.6)
//
// Both are made from what Go itself knows: the packages that the provider is
// built from on the released platforms, and what the linker has written into the
// binary. Both are always the same bytes. The tests of this
// package check the licences, the versions of what must be patched, and, with
// APIKEYS_DIST, the archives of a release.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// run writes the file last, so that an incomplete one never exists.
func run(ctx context.Context, args []string) error {
	var out bytes.Buffer
	var err error
	switch {
	case len(args) == 2 && args[0] == "notices":
		err = notices(ctx, &out)
	case len(args) == 4 && args[0] == "sbom":
		err = sbom(ctx, &out, args[1], args[2])
	default:
		err = errors.New("usage: release notices <file> | release sbom <binary> <version> <file>")
	}
	if err != nil {
		return err
	}
	return os.WriteFile(args[len(args)-1], out.Bytes(), 0o644) //nolint:gosec // both are published
}
