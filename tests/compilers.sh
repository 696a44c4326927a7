#!/bin/sh
# Compiles all public headers, and programs that use them, with each compiler, standard library and
# standard of C++, under the warnings that programs turn into errors. Prints a table, in which "-" is
# a standard that the compiler does not know, and `N passed, N failed`.
#
#   sh tests/compilers.sh              with the compilers that are installed
#   sh tests/compilers.sh --install    installs the others first: half a gigabyte
#   sh tests/compilers.sh --write      writes docs/getting.md too, if no row is missing
#   sh tests/compilers.sh --check      fails if the table there differs
set -u
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/docs/packages.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

install= page_is=
for argument; do
    case $argument in
        --install) install=yes ;;
        --write) page_is=written ;;
        --check) page_is=checked ;;
        *) echo "usage: compilers.sh [--install] [--write | --check]" >&2; exit 2 ;;
    esac
done
if [ -n "$install" ]; then
    need g++-12 command -v g++-12
    for version in 14 16 19; do
        need clang-$version command -v clang++-$version
    done
    need libc++-19-dev test -d /usr/lib/llvm-19/include/c++
    need libc++abi-19-dev test -e /usr/lib/llvm-19/lib/libc++abi.so
    CXX=g++-12
    need libboost-test-dev links boost_unit_test_framework
    need libboost-container-dev links boost_container
    install_missing || { echo "0 passed, 1 failed"; exit 1; }
fi

(cd "$root/include" && find strata -name '*.hpp' -not -path '*/detail/*' | LC_ALL=C sort |
    sed 's/.*/#include <&>/') >"$work/headers.cpp"
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Werror"

# compiles COMPILER FLAG...: whether all that is to be compiled can be.
compiles() {
    for source in "$work/headers.cpp" "$root/tests/headers_in_use.cpp" \
        "$root/tests/packaging/consumer/main.cpp"; do
        "$@" $warnings -I "$root/include" -c "$source" -o "$work/object" || return 1
    done
}

passed=0 failed=0 missing=
table="| Compiler | Standard library | C++20 | C++23 | C++26 |
|---|---|---|---|---|"
lacks() {
    echo "not installed: $1" >&2
    missing="$missing $1"
}

# row NAME LIBRARY COMPILER FLAG...
row() {
    name=$1 library=$2
    shift 2
    command -v "$1" >/dev/null || { lacks "$1"; return; }
    cells=
    for standard in 20 2b 2c; do
        if ! echo | "$@" -x c++ -std=c++$standard -fsyntax-only - 2>/dev/null; then
            cells="$cells - |"
        elif compiles "$@" -std=c++$standard 2>"$work/errors"; then
            cells="$cells yes |" passed=$((passed + 1))
        else
            cells="$cells **no** |" failed=$((failed + 1))
            echo "$* -std=c++$standard:" >&2
            grep -m 1 -A 3 'error:' "$work/errors" >&2
        fi
    done
    table="$table
| $name | $library |$cells"
}

row "g++ 12" "libstdc++ 12" g++-12
for version in 14 16 19; do
    row "clang $version" "libstdc++ 12" clang++-$version
done
if [ -d /usr/lib/llvm-19/include/c++ ]; then
    # Boost 1.74 names what libc++ has removed.
    row "clang 19" "libc++ 19" clang++-19 -stdlib=libc++ \
        -D_LIBCPP_ENABLE_CXX17_REMOVED_UNARY_BINARY_FUNCTION
else
    lacks libc++-19-dev
fi

echo "$table"
page=$root/docs/getting.md
cp "$page" "$work/page"
echo "$table" | sh "$root/tests/put_table.sh" "$work/page" tests/compilers.sh
if [ "$page_is" = checked ]; then
    if diff "$page" "$work/page"; then
        passed=$((passed + 1))
    else
        echo "failed: the table of docs/getting.md differs"
        failed=$((failed + 1))
    fi
elif [ "$page_is" = written ] && [ -n "$missing" ]; then
    echo "failed: docs/getting.md stays, for the table has no rows of$missing"
    failed=$((failed + 1))
elif [ "$page_is" = written ]; then
    cp "$work/page" "$page"
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
