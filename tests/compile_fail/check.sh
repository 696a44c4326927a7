#!/bin/sh
# check.sh SOURCE COMPILER...
#
# SOURCE must not compile, for the reason its first line names (`// expect: <extended regex>`). If its
# second line is `// alone`, the compiler must have no other error, and write fewer than 12 lines.
# With STRATA_CONTROL defined it must compile: so a slip of the pen in it cannot pass for success.
set -u

source=$1
shift
expected=$(sed -n '1s|^// expect: ||p' "$source")
[ -n "$expected" ] || { echo "$source: the first line expects nothing"; exit 1; }

compile() {
    LC_ALL=C "$@" -Wall -Wextra -Werror -fsyntax-only "$source" 2>&1
}

if ! output=$(compile "$@" -DSTRATA_CONTROL); then
    printf '%s: does not compile even with STRATA_CONTROL\n%s\n' "$source" "$output"
    exit 1
fi

if output=$(compile "$@"); then
    echo "$source: compiles, and must not"
    exit 1
fi

if ! printf '%s\n' "$output" | grep -Eq "error: .*($expected)"; then
    printf '%s: no error says "%s"\n%s\n' "$source" "$expected" "$output"
    exit 1
fi

if [ "$(sed -n 2p "$source")" = "// alone" ]; then
    errors=$(printf '%s\n' "$output" | grep -c 'error: ')
    lines=$(printf '%s\n' "$output" | wc -l)
    if [ "$errors" -ne 1 ] || [ "$lines" -ge 12 ]; then
        printf '%s: %s errors in %s lines\n%s\n' "$source" "$errors" "$lines" "$output"
        exit 1
    fi
fi
