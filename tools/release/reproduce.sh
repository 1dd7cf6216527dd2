#!/usr/bin/env bash
# Builds the provider as a release does, twice: here, and from a copy in another
# place, without the history and with an empty build cache. Both must be the same
# byte for byte. For `make reproducible`; VERSION and COMMIT come from there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
copy=$work/another/place
mkdir -p "$copy" "$work/out"
tar -c --exclude=./.git --exclude=./bin --exclude=./dist . | tar -x -C "$copy"

# The flags are those of .goreleaser.yml; the test in internal/tools/release checks that.
build() {
  CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -trimpath -buildvcs=false -tags grpcnotrace \
    -ldflags "-s -w -X main.version=$VERSION -X main.commit=$COMMIT" -o "$1" .
}
build "$work/out/here"
(cd "$copy" && GOCACHE="$work/cache" build "$work/out/there")

cd "$work/out"
sha256sum here there 2>/dev/null || shasum -a 256 here there
cmp here there || { echo 'the build is not reproducible: compare with go version -m, or strings' >&2; exit 1; }
echo "$VERSION ($COMMIT) builds to the same bytes in two places"
