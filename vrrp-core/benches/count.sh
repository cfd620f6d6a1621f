#!/bin/sh
# Instructions per step of the state machine, by valgrind's callgrind: vrrp-core/benches/count.sh [NAME...]
# The same build gives the same numbers, so a change of a few instructions can be seen where time cannot.
set -eu
command -v valgrind >/dev/null || { echo "count.sh: valgrind is not installed (apt install valgrind)" >&2; exit 77; }
cd "$(dirname "$0")/../.."
program=$(cargo bench --quiet --package vrrp-core --bench count --no-run --message-format=json |
    sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
out=$(mktemp)
trap 'rm -f "$out"' EXIT
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>"$out" >/dev/null
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$out"
}
[ $# -gt 0 ] || set -- receive hear tick receive-255 tick-255 receive-1020 tick-1020
for name in "$@"; do
    few=$(instructions "$name" 1000)
    many=$(instructions "$name" 2000)
    echo "$name: $(((many - few) / 1000)) instructions"
done
