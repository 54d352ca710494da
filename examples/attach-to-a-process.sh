#!/bin/sh
# Traces a process that already runs, for some seconds, and lets it go unharmed.
#   sudo examples/attach-to-a-process.sh PID [SECONDS]
set -e
here=$(dirname "$0")/..
utrace=${UTRACE:-$here/bin/utrace}
pid=${1:?usage: attach-to-a-process.sh PID [SECONDS]}
seconds=${2:-5}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# SIGINT is what Ctrl-C sends: utrace removes its probes and finishes the trace.
timeout --signal=INT --preserve-status "$seconds" "$utrace" --record -o "$folder/utrace.data" -p "$pid"
"$utrace" --report -i "$folder/utrace.data" --format=summary
