#!/bin/sh
# equal_output.sh [--before PATTERN] PLAIN PROGRAM [ARGUMENT...]
#
# PROGRAM is PLAIN with its operator new on the strategy in STRATA_MEMORY (from_environment.cpp).
# On each of those below it must print what PLAIN prints, end well, and leave nothing live. Of what is
# printed only what comes before a line with PATTERN must be equal.
set -u
pattern=
if [ "$1" = --before ]; then
    pattern=$2
    shift 2
fi
plain=$1
program=$2
shift 2
work=$(mktemp -d "${TMPDIR:-/tmp}/whole_program.XXXXXX")
trap 'rm -rf "$work"' EXIT
failures=0

# run OUTPUT COMMAND...
run() {
    output=$1
    shift
    "$@" >"$output" || return
    if [ -n "$pattern" ]; then
        sed "/$pattern/,\$d" "$output" >"$output.part" && mv "$output.part" "$output"
    fi
}

run "$work/expected" "$plain" "$@" || { echo "$plain failed"; exit 1; }
[ -s "$work/expected" ] || { echo "$plain prints nothing"; exit 1; }

while read -r strategy; do
    run "$work/printed" env STRATA_MEMORY="$strategy" STRATA_REPORT=yes "$program" "$@" \
        2>"$work/errors"
    status=$?
    problem=
    [ "$status" -eq 0 ] || problem="exit status $status"
    cmp -s "$work/expected" "$work/printed" || problem="$problem; it prints something else"
    grep -qx 'strata: no block of operator new is live at the exit' "$work/errors" ||
        problem="$problem; not a report that nothing is live"
    [ "$(wc -l <"$work/errors")" -eq 1 ] || problem="$problem; more is said than that"
    if [ -n "$problem" ]; then
        echo "$strategy: $problem"
        diff "$work/expected" "$work/printed" | head -n 20
        head -n 40 "$work/errors"
        failures=$((failures + 1))
    else
        echo "$strategy: the same, and nothing live"
    fi
done <<END
stats > heap
stats > concurrent_pool
stats(counting=sharded) > concurrent_pool(hardened=true) > pages
stats > synchronized > pool > arena
stats > synchronized > bounded_time(capacity=256MiB)
debug(concurrent=true) > concurrent_pool
debug(concurrent=true, stack_depth=0, quarantine=0) > heap
END
[ "$failures" -eq 0 ]
