#!/bin/sh
# Writes the folded stacks of a run, and an SVG where FlameGraph's flamegraph.pl is in PATH.
#   sudo examples/flame-graph.sh OUTPUT [PROGRAM [ARGUMENT]...]
set -e
here=$(dirname "$0")/..
utrace=${UTRACE:-$here/bin/utrace}
output=${1:?usage: flame-graph.sh OUTPUT [PROGRAM [ARGUMENT]...]}
shift
[ $# -gt 0 ] || set -- "$here/build/fixtures/sort" -n 1000

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$utrace" --record -o "$folder/utrace.data" -- "$@"
# One sample for each microsecond of self time.
"$utrace" --report -i "$folder/utrace.data" --format=flame-graph --sample-time 1us -o "$output"
if command -v flamegraph.pl >/dev/null; then
	flamegraph.pl --countname us "$output" >"$output.svg"
	echo "wrote $output and $output.svg"
else
	echo "wrote $output"
fi
