#!/usr/bin/env bash
# Makes a release of what is checked out, without publishing it, into dist/, and
# tries it: checksums, signature, archives, bills of materials, and Terraform that
# installs the provider from a mirror and applies with it. For `make
# release-snapshot`. The signing key is made for the occasion and thrown away.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

goreleaser() { go tool -modfile=tools/release/go.mod goreleaser "$@"; }
# Without a remote GoReleaser does without git altogether, and without its times.
if ! git remote get-url origin >/dev/null 2>&1; then
  export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=remote.origin.url
  export GIT_CONFIG_VALUE_0=https://github.com/terraform-apikeys/terraform-provider-apikeys
fi
skip=publish
if command -v gpg >/dev/null; then
  # Not below the working directory: the path of gpg's socket must be short.
  GNUPGHOME=$(mktemp -d)
  export GNUPGHOME
  trap 'gpgconf --kill all || true; rm -rf "$GNUPGHOME"' EXIT
  gpg --batch --quiet --passphrase '' --quick-generate-key 'snapshot <snapshot@example.invalid>' rsa3072 sign never
  GPG_FINGERPRINT=$(gpg --batch --with-colons --list-secret-keys | awk -F: '$1 == "fpr" { print $10; exit }')
  export GPG_FINGERPRINT
else
  echo '!!! gpg is not installed: the checksums are NOT signed, and no signature is tried' >&2
  skip=publish,sign
fi

goreleaser check
goreleaser release --snapshot --clean --skip="$skip"

sums=$(echo dist/*_SHA256SUMS)
if [ "$skip" = publish ]; then
  gpg --batch --verify "$sums.sig" "$sums"
fi
APIKEYS_DIST=$PWD/dist go test -count=1 -v -run '^TestDist' ./internal/tools/release
