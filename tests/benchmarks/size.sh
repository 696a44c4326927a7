#!/bin/sh
# size.sh BUILD: how much larger a static, stripped program is with an arena of Strata than with the
# standard's. BUILD has the library as a static one, of a release.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# measure RESOURCE HEADER ARGUMENT...: the bytes of a program that uses a resource.
measure() {
    cat >"$work/main.cpp" <<END
#include <memory_resource>
#include <vector>
#include <$2>
int main() {
    $1 arena;
    std::pmr::vector<int> numbers(1000, 1, &arena);
    return numbers.back() - 1;
}
END
    shift 2
    ${CXX:-c++} -std=c++20 -O2 -DNDEBUG "-I$root/include" "$work/main.cpp" "$@" -static -s \
        -Wl,--gc-sections -o "$work/program"
    wc -c <"$work/program"
}
standard=$(measure std::pmr::monotonic_buffer_resource memory_resource)
own=$(measure strata::arena_resource strata/strategies/arena_resource.hpp "$1/src/libstrata.a")
echo "std::pmr::monotonic_buffer_resource $standard B, strata::arena_resource" \
    "$(((own - standard + 512) / 1024)) KiB more"
