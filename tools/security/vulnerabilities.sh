#!/usr/bin/env bash
# Looks for known vulnerabilities in what the provider can reach, for `make
# test-vulnerabilities`. Where the database cannot be reached, nothing has been
# checked: that is said loudly, and is a failure with VULNERABILITIES_REQUIRED=1,
# as the workflows set it. VULNDB is another database, as govulncheck's -db.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
go tool -modfile=tools/security/go.mod govulncheck ${VULNDB:+-db "$VULNDB"} ./... 2>&1 | tee "$log"
status=${PIPESTATUS[0]}

# Only an error about the database itself is a reason to skip: any other one is a
# check that has failed. (https://pkg.go.dev/golang.org/x/vuln/cmd/govulncheck: 3
# stands for findings, and errors have no statuses of their own.)
if [ "$status" -ne 1 ] || ! grep -q 'fetching vulnerabilities: ' "$log"; then
  exit "$status"
fi
{
  echo
  echo '!!! =================================================================='
  echo '!!! SKIPPED: nothing was looked up, because the vulnerability database'
  echo "!!! ${VULNDB:-https://vuln.go.dev} cannot be reached from here:"
  echo "!!! $(grep 'fetching vulnerabilities: ' "$log" | cut -c 1-300)"
  echo '!!! =================================================================='
} >&2
[ "${VULNERABILITIES_REQUIRED:-0}" != 1 ]
