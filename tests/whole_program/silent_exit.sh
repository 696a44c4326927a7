#!/bin/sh
# silent_exit.sh PROGRAM: it ends well, having reported what it leaked.
set -u
output=$("$1" 2>&1) || { printf 'it failed:\n%s\n' "$output"; exit 1; }
printf '%s\n' "$output"
printf '%s\n' "$output" | grep -q '^strata: operator new (stats "program") at the exit$' &&
    printf '%s\n' "$output" | grep -q '^live  *[0-9]* B in [0-9]* blocks$' &&
    printf '%s\n' "$output" |
    grep -qx 'strata: [0-9]* blocks ([0-9]* B) of operator new (stats "program") still live at the exit'
