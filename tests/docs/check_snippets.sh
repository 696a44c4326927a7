#!/bin/sh
# check_snippets.sh LIBRARY COMPILER...
#
# Compiles and runs every C++ snippet of README.md and docs/**/*.md with the compiler command given
# (its options in it) and the library file. Two pages are left out: docs/reference.md is made from
# headers, and docs/cookbook.py checks docs/cookbook.md. From the environment: ROOT, where README.md
# is.
#
# A snippet is a block between ```cpp and ```. What stands right before it, in lines of their own:
#   <!-- fragment -->     it is no whole program: it is put into a `main`, below the includes
#   <!-- file: PATH -->   it is, to the letter, the file PATH
# and right behind it:
#   <!-- output -->       the ```text block that follows is, to the letter, what it prints
set -u
[ $# -ge 2 ] || { echo "usage: check_snippets.sh LIBRARY COMPILER..." >&2; exit 1; }
library=$1
shift
case $library in
    /*) ;;
    *) library=$PWD/$library ;;
esac
root=${ROOT:-$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)}
work=$(mktemp -d "${TMPDIR:-/tmp}/snippets.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$root" || exit 1
failures=0

fail() {
    echo "$1"
    [ $# -eq 1 ] || sed 's/^/    /' "$2"
    failures=$((failures + 1))
}

# --- extract: N.cpp and N.where of each snippet; N.fragment, N.file and N.output if it has them ---

extract() {
    find README.md docs -type f -name '*.md' ! -name reference.md ! -name cookbook.md -print 2>/dev/null | LC_ALL=C sort |
        while IFS= read -r page; do
            WORK=$work PAGE=$page FIRST=$(find "$work" -name '*.cpp' | wc -l) awk '
                BEGIN { name = ENVIRON["WORK"] "/"; page = ENVIRON["PAGE"]; count = ENVIRON["FIRST"] + 0 }

                function wrong(why) { print page ":" FNR ": " why >> (name "wrong") }
                # What a comment announced must come next.
                function expect_nothing() {
                    if (fragment || file != "") { wrong("a snippet in ```cpp was announced, and does not follow") }
                    if (output) { wrong("a block of ```text was announced as output, and does not follow") }
                    fragment = output = after_snippet = 0
                    file = ""
                }

                inside != "" && /^```[ \t]*$/ {
                    after_snippet = inside == "cpp"
                    inside = ""
                    next
                }
                inside == "cpp" { print > (name count ".cpp"); next }
                inside == "output" { print > (name count ".output"); next }
                inside != "" { next }

                /^```cpp$/ {
                    if (output) { expect_nothing() }
                    ++count
                    inside = "cpp"
                    print page ":" FNR > (name count ".where")
                    printf "" > (name count ".cpp")
                    if (fragment) { printf "" > (name count ".fragment") }
                    if (file != "") { print file > (name count ".file") }
                    fragment = 0
                    file = ""
                    next
                }
                /^```text$/ && output {
                    inside = "output"
                    printf "" > (name count ".output")
                    output = 0
                    next
                }
                tolower($0) ~ /^[ \t>]*(```+|~~~+)[ \t]*[{.]*(c\+\+|cpp|cxx|cc|hpp)/ {
                    wrong("is no snippet that would be compiled; start it with ```cpp in the first column")
                }
                /^```/ || /^~~~/ { expect_nothing(); inside = "other"; next }
                /^<!-- fragment -->$/ { fragment = 1; next }
                /^<!-- file: .* -->$/ {
                    file = $0
                    sub(/^<!-- file: /, "", file)
                    sub(/ -->$/, "", file)
                    next
                }
                /^<!-- output -->$/ {
                    if (!after_snippet) { wrong("output is announced that no snippet right before it could print") }
                    else { output = 1 }
                    next
                }
                /^[ \t]*$/ { next }
                { expect_nothing() }
                END {
                    expect_nothing()
                    if (inside != "") { wrong("a block has no end") }
                }
            ' "$page"
        done
}

# --- check ----------------------------------------------------------------------------------------

# as_program SNIPPET: the snippet, named by its files without their suffix, as a whole program.
as_program() {
    where=$(cat "$1.where")
    line="#line $((${where##*:} + 1)) \"${where%:*}\""
    if [ ! -e "$1.fragment" ]; then
        echo "$line"
        cat "$1.cpp"
        return
    fi
    printf 'using namespace strata::literals;\nint main() {\n%s\n' "$line"
    cat "$1.cpp"
    echo '}'
}

# What stands before each fragment, compiled ahead: that takes most of the time.
# make_prelude COMPILER...
make_prelude() {
    {
        for header in algorithm array cstddef iostream list map memory memory_resource set span string \
            string_view unordered_map vector; do
            echo "#include <$header>"
        done
        echo '#include <strata/strata.hpp>'
        find include/strata/containers include/strata/testing -name '*.hpp' ! -name 'boost_test*' |
            sed 's|^include/|#include <|; s|$|>|'
    } >"$work/prelude.hpp"
    "$@" -Iinclude -Wall -Wextra -Werror -x c++-header "$work/prelude.hpp" \
        -o "$work/prelude.hpp.gch" >"$work/messages" 2>&1 ||
        fail 'the prelude of the fragments: does not compile' "$work/messages"
}

# check SNIPPET COMPILER...
check() {
    snippet=$1
    shift
    where=$(cat "$snippet.where")
    if [ -e "$snippet.file" ]; then
        file=$(cat "$snippet.file")
        diff "$file" "$snippet.cpp" >"$work/difference" 2>&1 ||
            fail "$where: is not the file $file" "$work/difference"
    fi
    as_program "$snippet" >"$work/snippet.cpp"
    unused= prelude=
    if [ -e "$snippet.fragment" ]; then
        unused=-Wno-unused prelude=$work/prelude.hpp
    fi
    if ! "$@" -Iinclude -Wall -Wextra -Werror $unused ${prelude:+-include "$prelude"} "$work/snippet.cpp" "$library" \
        -o "$work/snippet" >"$work/messages" 2>&1; then
        fail "$where: does not compile" "$work/messages"
        return
    fi
    LC_ALL=C.UTF-8 LD_LIBRARY_PATH=$(dirname -- "$library")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} \
        "$work/snippet" >"$work/printed" 2>"$work/messages" </dev/null
    status=$?
    if [ "$status" -ne 0 ]; then
        fail "$where: ends with exit status $status" "$work/messages"
    elif [ -e "$snippet.output" ] && ! diff "$snippet.output" "$work/printed" >"$work/difference"; then
        fail "$where: prints something else (<: the page, >: the program)" "$work/difference"
    fi
}

extract
[ ! -e "$work/wrong" ] || fail 'wrong blocks:' "$work/wrong"
grep -q '^README\.md:' "$work"/*.where 2>/dev/null || fail 'README.md: has no snippet'

make_prelude "$@"
count=0
while [ -e "$work/$((count + 1)).cpp" ]; do
    count=$((count + 1))
    check "$work/$count" "$@"
done
echo "$count snippets, $failures failures"
[ "$failures" -eq 0 ]
