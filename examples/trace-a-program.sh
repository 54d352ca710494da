#!/bin/sh
# Watches a program call its functions, as it runs: only the functions that match, at most three levels deep.
#   sudo examples/trace-a-program.sh [PROGRAM [ARGUMENT]...]
set -e
here=$(dirname "$0")/..
utrace=${UTRACE:-$here/bin/utrace}
[ $# -gt 0 ] || set -- "$here/build/fixtures/sort" -n 5

# The call graph goes to stderr; the program's own output stays on stdout.
"$utrace" --no-function 'compare,rand*' --max-depth 3 -- "$@"
