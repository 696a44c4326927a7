#!/bin/sh
# commands.sh STRATA: what the commands that run no program print, and how they end.
set -u
strata=$1
failures=0

# expect STATUS PATTERN ARGUMENT...: the output, in one line, has the pattern.
expect() {
    wanted=$1
    pattern=$2
    shift 2
    output=$("$strata" "$@" 2>&1)
    status=$?
    if [ "$status" -ne "$wanted" ] ||
        ! printf '%s\n' "$output" | tr -s '\n ' '| ' | grep -q -- "$pattern"; then
        printf 'strata %s: exit status %s, not "%s" but:\n%s\n' "$*" "$status" "$pattern" "$output"
        failures=$((failures + 1))
    fi
}

expect 0 'Subcommands:' --help
expect 0 '^[0-9.]*|$' --version
expect 125 'required' ''
expect 125 'unknown\|not expected' layers --no-such-option

expect 0 'LIVE' pack --help
expect 0 'FILE' info --help

expect 0 'layer draws from threads|arena the next layer one at a time|' layers
expect 0 'concurrent_pool the next layer any number' layers
expect 0 'first_chunk bytes, at least 1, or auto 1KiB ' layers pool
expect 0 'fence bytes' layers debug
expect 125 'there is no layer "pol"' layers pol

expect 0 'first_chunk 64KiB ' describe 'stats > pool(first_chunk=64KiB) > heap'
expect 0 'serves one thread at a time' describe 'stats > pool'
expect 0 'serves any number of threads' describe 'stats > concurrent_pool'
expect 0 '| pool threads: one at a time|' describe 'segregator(256, pool, heap)'
expect 125 'did you mean "pool"' describe 'stats > poool'

expect 0 '.TH STRATA 1 ' manual
expect 0 'fB\\-s, \\-\\-strategy' manual
expect 0 'bash, zsh or fish' completion --help
expect 125 'bash' completion tcsh
for shell in bash zsh fish; do
    expect 0 'strata' completion "$shell"
done

# What a shell of the user's completes.
complete() {
    bash -c 'eval "$("$1" completion bash)"; shift; COMP_WORDS=("$@" ""); COMP_CWORD=$#
        [ -z "$LAST" ] || { COMP_CWORD=$(($# - 1)); COMP_WORDS=("$@"); }
        _strata; echo "${COMPREPLY[@]}"' bash "$strata" strata "$@"
}
if command -v bash >/dev/null; then
    complete | grep -q 'run.*record.*replay' || failures=$((failures + 1))
    complete replay --touch | grep -qx 'none first line all' || failures=$((failures + 1))
    LAST=yes complete record --ch | grep -qx -- '--children' || failures=$((failures + 1))
fi

for arguments in 'layers --json' 'describe --json stats>segregator(256,pool,heap)'; do
    # Words, to be split.
    "$strata" $arguments | python3 -m json.tool >/dev/null || failures=$((failures + 1))
done
"$strata" layers >/dev/full 2>/dev/null && failures=$((failures + 1))
[ "$failures" -eq 0 ]
