#!/bin/sh
# Explores the models of two mechanisms with spin: every order of their steps, with a few threads.
# Then plants mistakes in the models, each of which must be found. The last line says
# `N passed, N failed`.
#
#   sh tests/models/run.sh
#
# How a mistake comes about stays in build/models; the output says how to see it.
set -u
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
. "$root/docs/packages.sh"
build=$root/build/models

need spin command -v spin
need gcc command -v gcc
install_missing || { echo "0 passed, 1 failed"; exit 1; }
mkdir -p "$build"
passed=0 failed=0
optimize=-O2  # not where a mistake is found at once: the compiler would take longest
search=-DSAFETY  # for assertions that fail, and for deadlocks
cycles=

# explore NAME MODEL DEFINITION...: its report goes to $work/report. Spin keeps each state as it is,
# so that none is taken for another, in at most 1,500 MB.
explore() {
    work=$build/$1
    model=$root/tests/models/$2.pml
    shift 2
    rm -rf "$work"
    mkdir -p "$work"
    (
        cd "$work" &&
            spin -a "$@" "$model" &&
            gcc $optimize -w -DCOLLAPSE $search -DMEMLIM=1500 pan.c -o pan &&
            ./pan -m10000 $cycles
    ) >"$work/report" 2>&1
}

# A search that had no room for all states, or that did not run, counts as failed.
is_complete() {
    grep -q 'errors: ' "$work/report" &&
        ! grep -q -e 'Search not completed' -e 'max search depth too small' "$work/report"
}
found() { sed -n 's/^pan:[0-9]*: \(.*\) (at depth.*/\1/p' "$work/report" | head -n 1; }

# holds NAME MODEL DEFINITION...: nothing is wrong in any order.
holds() {
    explore "$@"
    name=$1
    shift 2
    if is_complete && [ -z "$(found)" ]; then
        passed=$((passed + 1))
        states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$work/report")
        depth=$(sed -n 's/.*depth reached \([0-9]*\).*/\1/p' "$work/report")
        time=$(sed -n 's/^pan: elapsed time \([0-9.]*\).*/\1/p' "$work/report")
        printf '%-24s %9s states, depth %s, %s s: nothing found\n' \
            "$name" "$states" "$depth" "${time:-0}"
    else
        failed=$((failed + 1))
        printf '%-24s FAILED: %s\n' "$name" "$(found)"
        if [ -f "$work/$(basename "$model").trail" ]; then
            echo "to see the steps: cd $work && spin -p -g $* -k *.trail $model"
        else
            tail -n 20 "$work/report"
        fi
    fi
}

# finds MODEL FAULTS DEFINITION...: each of the faults is found.
finds() {
    of=$1
    faults=$2
    shift 2
    for fault in $faults; do
        explore "$of-fault" "$of" "$@" "-DFAULT=$fault"
        what=$(grep -E "FAULT [!=]= $fault( |\$)" "$model" | sed -n 's|.*  // ||p' | head -n 1)
        if [ -n "$(found)" ]; then
            passed=$((passed + 1))
            printf '%s, fault %s, "%s": found: %s\n' "$of" "$fault" "$what" "$(found)"
        else
            failed=$((failed + 1))
            printf '%s, fault %s, "%s": NOT FOUND\n' "$of" "$fault" "$what"
            grep -q 'errors: ' "$work/report" || tail -n 20 "$work/report"
        fi
    done
}

holds fork_gate-workers fork_gate -DWORKERS=2 -DFORKERS=1
holds fork_gate-forkers fork_gate -DWORKERS=1 -DFORKERS=2
holds fork_gate-sections fork_gate -DWORKERS=3 -DFORKERS=1 -DSECTIONS_ALONE=1
holds fork_gate-sections-2 fork_gate -DWORKERS=2 -DFORKERS=2 -DSECTIONS_ALONE=1
holds cache_handover-end cache_handover -DTHREADS=3 -DLIVES=1 -DDESTROYS=1
holds cache_handover-lives cache_handover -DTHREADS=2 -DLIVES=3 -DDESTROYS=1
holds cache_handover-threads cache_handover -DTHREADS=3 -DLIVES=2 -DDESTROYS=1

# No order goes round for ever: with no deadlock, each fork ends.
search=-DNP cycles=-l
holds fork_gate-ends fork_gate -DWORKERS=1 -DFORKERS=2
holds cache_handover-ends cache_handover -DTHREADS=2 -DLIVES=2 -DDESTROYS=1
search=-DSAFETY cycles=

optimize=-O0
finds fork_gate "1 2 3 4 5 6 7 8 9 10 11 12 13 14" -DWORKERS=1 -DFORKERS=2
finds cache_handover "1 2 3 4 5 6 7 8 9 10 11" -DTHREADS=2 -DLIVES=2 -DDESTROYS=1
finds cache_handover 12 -DTHREADS=2 -DLIVES=2 -DDESTROYS=0  # in the end, where the resource lives

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
