#!/usr/bin/env bash
# Mutation tests of what must not go wrong, for `make mutation`: gremlins changes one
# operator at a time, and a test has to fail. It takes a third of an hour on two cores.
#
# gremlins knows neither a mutant that does not compile nor one that hangs from one
# that a test has found, and counts them as killed. The `go` that it finds here says
# "not viable" of them (exit status 2), so that they count for nothing. What it calls
# not covered are, besides test helpers, the conditions of `case`: no coverage profile
# has lines for them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

real=$(command -v go)
gremlins=$("$real" tool -modfile=tools/mutation/go.mod -n gremlins)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/go" <<SHIM
#!/usr/bin/env bash
if [ "\${1:-}" != test ]; then exec '$real' "\$@"; fi
shift
case " \$* " in
*" -coverprofile"*) exec '$real' test -count=1 "\$@" ;; # how long it takes is the measure of a hang
esac
log=\$(mktemp "$dir/log.XXXXXX")
'$real' test "\$@" >"\$log" 2>&1
status=\$?
if [ "\$status" -ne 0 ] && grep -q -e '\[build failed\]' -e '^panic: test timed out' "\$log"; then status=2; fi
rm -f "\$log"
exit "\$status"
SHIM
chmod +x "$dir/go"

# Paths out of the packages, so that the copies that gremlins works in share builds.
export GOFLAGS='-trimpath -vet=off -ldflags=-w' PATH="$dir:$PATH"
for package in ${PACKAGES:-keyring httpclient}; do
  "$real" test -cover "./internal/$package" >/dev/null # builds, which is not to be measured
  "$gremlins" unleash --workers 2 --timeout-coefficient 20 --threshold-efficacy "${EFFICACY:-85}" "./internal/$package"
done
