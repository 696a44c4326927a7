#!/bin/sh
# Under clang's MemorySanitizer: all resources work on what they have written themselves, and what
# a client reads of a new block before it writes is reported. The last line says
# `N passed, N failed`.
set -u
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
. "$root/docs/packages.sh"
CXX=${CXX:-clang++}
work=$root/build/uninitialised
mkdir -p "$work"

has_msan() { echo 'int main() {}' | $CXX -x c++ -fsanitize=memory - -o /dev/null; }
need clang command -v "$CXX"
need libclang-rt-dev has_msan
install_missing || { echo "0 passed, 1 failed"; exit 1; }

# With the resources alone: of the standard library's own code in its binary the sanitizer knows
# nothing.
$CXX -std=c++20 -O1 -g -fsanitize=memory -fno-sanitize-recover=all -I"$root/include" -I"$root/src" \
    "$root/tests/reliability/uninitialised.cpp" \
    "$root"/src/detail/*.cpp "$root"/src/threads/*.cpp "$root"/src/diagnostics/*.cpp \
    "$root"/src/core/*.cpp "$root"/src/sources/*.cpp "$root"/src/strategies/*.cpp -o "$work/uninitialised" || { echo "0 passed, 1 failed"; exit 1; }

passed=0 failed=0
count() { if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "failed: $*"; fi; }
works() { "$work/uninitialised" >"$work/log" 2>&1 || { cat "$work/log"; false; }; }
reports() {
    ! "$work/uninitialised" look >"$work/log" 2>&1 &&
        grep -q 'MemorySanitizer: use-of-uninitialized-value' "$work/log"
}
count works
count reports
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
