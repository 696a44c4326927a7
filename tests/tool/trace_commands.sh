#!/bin/sh
# trace_commands.sh STRATA MAKE_TRACE: what `strata pack` and `strata info` make of traces, and of others.
set -u
strata=$(realpath "$1")
make_trace=$(realpath "$2")
work=$(mktemp -d "${TMPDIR:-/tmp}/strata_traces.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset COLUMNS NO_COLOR
failures=0

# expect STATUS PATTERN COMMAND...: the output, in one line, has the pattern.
expect() {
    wanted=$1
    pattern=$2
    shift 2
    "$@" >out 2>&1
    status=$?
    if [ "$status" -ne "$wanted" ] || ! tr -s '\n ' '| ' <out | grep -q -- "$pattern"; then
        printf '%s: exit status %s, not "%s" but:\n' "$*" "$status" "$pattern"
        cat out
        failures=$((failures + 1))
    fi
}

# holds WHAT COMMAND...: the command succeeds.
holds() {
    what=$1
    shift
    "$@" >/dev/null 2>&1 || {
        echo "not so: $what"
        failures=$((failures + 1))
    }
}

"$make_trace" 1 3000 3 >app.live

# --- pack ---

expect 0 '^app.trace: [0-9]* events in [0-9]* bytes, [0-9.]* bytes an event|' "$strata" pack app.live
holds "nothing but the two files is there" test "$(ls)" = "$(printf 'app.live\napp.trace\nout')"
expect 125 '^strata: app.trace: exists; --force writes over it|$' "$strata" pack app.live
expect 0 '|[0-9]* events were not recorded|[0-9]* frees were of unknown blocks|[0-9]* frees were not' \
    "$strata" pack app.live --force
expect 0 '^other: ' "$strata" pack app.live -o other
holds "packed twice alike" cmp app.trace other
expect 125 'expected -o FILE' "$strata" pack -
expect 125 'no_such.live: cannot be read: No such file' "$strata" pack no_such.live
holds "no file is left of a failure" test ! -e no_such.trace
expect 125 'no/folder: cannot be written: No such file' "$strata" pack app.live -o no/folder
expect 125 'expected a trace, found a folder' "$strata" pack .
expect 125 'required' "$strata" pack
"$strata" pack app.live -o - >piped 2>told
holds "standard output has the trace alone" cmp piped app.trace
holds "the summary is on standard error" grep -q '^standard output: .* events' told
"$strata" pack - -o - <app.trace >again 2>told
holds "a packed trace is packed to itself" cmp again app.trace
cat app.live | "$strata" pack - -o again2 >told 2>&1
holds "a live trace in a pipe is refused" grep -q 'expected a file, not a pipe' told
"$strata" pack app.live -o /dev/full >told 2>&1
holds "a full device is told" grep -q '/dev/full: cannot be written: No space' told
expect 0 'events in' "$strata" pack app.live -o /dev/null
holds "a device stays a device" test -c /dev/null

# --- info ---

expect 0 '^a program, process 4711, 2023-11-14 22:13:20 UTC|' "$strata" info app.trace
expect 0 '3 threads, .* packed' "$strata" info app.trace
expect 0 '|Memory| allocated [0-9,]* blocks .*| at the peak ' "$strata" info app.trace
expect 0 '|Sizes of blocks, from| .*|Lifetimes of blocks, in bytes' "$strata" info app.trace
expect 0 '# freed: [0-9,]* - live at the end, by age: [0-9,]*|' "$strata" info app.trace
expect 0 '|By form| .*|By resource| .*|By phase|' "$strata" info app.trace
expect 0 '|By resource| .*, under .*|By phase|' "$strata" info app.trace
expect 0 'blocks whose free was not recorded' "$strata" info app.trace
"$strata" info app.live | sed 2d >live
"$strata" info app.trace | sed 2d >packed
"$strata" info - <app.trace | sed 2d >piped
holds "a live trace has the same figures" cmp live packed
holds "standard input is read" cmp piped packed
for columns in 80 120; do
    COLUMNS=$columns "$strata" info app.trace >out
    holds "no line exceeds $columns columns" awk -v most=$columns 'length > most { exit 1 }' out
    holds "bars take $columns columns" awk -v most=$columns \
        'length == most && /#$/ { ++full } END { exit full == 0 }' out
done
"$strata" info app.trace --json >json
holds "the JSON is valid" python3 -c '
import json
of = json.load(open("json"))
assert of["program"] == "a program" and of["threads"] == 3 and of["format"] == "packed", of
blocks = sum(each["blocks"] for each in of["sizes"])
assert blocks == of["allocated"]["blocks"] == of["events"]["allocate"], of
assert sum(each["live"] for each in of["lifetimes_in_bytes_allocated"]) == of["live_at_end"]["blocks"]
assert sum(each["live"]["bytes"] for each in of["resources"]) == of["live_at_end"]["bytes"], of
assert sum(each["allocated"]["blocks"] for each in of["phases"]) == blocks, of'
"$strata" info app.trace >/dev/full 2>told && failures=$((failures + 1))

# --- a terminal, if a program for one is there ---

if command -v script >/dev/null; then
    # on_a_terminal VARIABLES: what it prints there.
    on_a_terminal() {
        script -qec "env TERM=xterm LC_ALL=C.UTF-8 $1 '$strata' info app.trace" /dev/null </dev/null
    }
    escape=$(printf '\033')
    on_a_terminal COLUMNS=80 >out
    holds "a terminal shows colours" grep -q "$escape\\[" out
    holds "a terminal shows blocks" grep -q '█' out
    on_a_terminal NO_COLOR=1 >out
    holds "with NO_COLOR there are bars" grep -q '█' out
    holds "NO_COLOR turns colours off" sh -c "! grep -q '$escape\\[' out"
fi
holds "a file gets no colours" sh -c "! $strata info app.trace | grep -q '$(printf '\033')\\['"

# --- broken traces ---

head -c 3000 app.trace >cut.trace
expect 125 '^strata: cut.trace: offset [0-9]*: expected .*; --salvage reads what is whole|$' \
    "$strata" info cut.trace
expect 0 'left out: cut.trace: offset [0-9]*: expected .*Memory' "$strata" info --salvage cut.trace
head -c 70000 app.live >short.live
expect 125 'short.live: offset 65536: expected [0-9]* events in the chunk; the file ends after' \
    "$strata" pack short.live
expect 0 'short.trace: [0-9]* events' "$strata" pack --salvage short.live -o short.trace
expect 0 'Memory' "$strata" info short.trace
expect 125 'offset 0: expected a trace, which begins with STRATALT' "$strata" info "$strata"
[ "$failures" -eq 0 ]
