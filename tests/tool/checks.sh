# Sourced by the tests of commands that run programs. `failures` counts what is wrong.
failures=0

# wrong NAME WHAT: a failed check, with what the last command printed.
wrong() {
    echo "$1: $2"
    cat out err
    failures=$((failures + 1))
}

# expect NAME STATUS COMMAND...: runs it; its output is in `out` and `err`.
expect() {
    name=$1
    wanted=$2
    shift 2
    timeout 120 "$@" >out 2>err
    status=$?
    [ "$status" -eq "$wanted" ] || wrong "$name" "exit status $status, not $wanted"
}

# says FILE TEXT: the file has the text.
says() {
    grep -qF -- "$2" "$1" || wrong "$name" "no \"$2\""
}

# told CONDITION: what the last command printed is JSON, and the condition holds for it, as `of` in
# Python. `helpers` has functions for conditions.
helpers=
told() {
    python3 -c "
import json
of = json.load(open('out'))
$helpers
assert $1, of" 2>>err || wrong "$name" "not so: $1"
}
