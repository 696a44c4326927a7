#!/bin/sh
# silent_exit.sh PROGRAM: it ends well, having reported what it leaked.
set -u
output=$("$1" 2>&1) || { printf 'it failed:\n%s\n' "$output"; exit 1; }
printf '%s\n' "$output"
printf '%s\n' "$output" | grep -q '^strata: operator new at the exit$' &&
    printf '%s\n' "$output" | grep -q '^live  *165 B in 2 blocks$' &&
    printf '%s\n' "$output" | grep -qx 'strata: 2 blocks (165 B) of operator new still live at the exit'
