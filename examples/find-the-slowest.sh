#!/bin/sh
# Records a whole run, then shows the ten functions that cost most time, with and without their callees' time.
#   sudo examples/find-the-slowest.sh [PROGRAM [ARGUMENT]...]
set -e
here=$(dirname "$0")/..
utrace=${UTRACE:-$here/bin/utrace}
[ $# -gt 0 ] || set -- "$here/build/fixtures/sort" -n 1000

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$utrace" --record -o "$folder/utrace.data" -- "$@"
# Reports need no root, and no BPF: copy the trace anywhere.
"$utrace" --report -i "$folder/utrace.data" --format=summary --percent-self --avg-total >"$folder/summary"
head -n 13 "$folder/summary"
