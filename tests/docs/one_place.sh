#!/bin/sh
# one_place.sh ROOT LIBRARY COMPILER...
#
# Each option stands in one place of the sources: a default is changed there, in a copy, and texts,
# C++, what is built and the documentation follow.
set -u
root=$1
library=$2
shift 2
case $library in
    /*) ;;
    *) library=$PWD/$library ;;
esac
work=$(mktemp -d "${TMPDIR:-/tmp}/one_place.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -r "$root/include" "$root/src" "$root/docs" "$work" || exit 1

changed=$work/include/strata/strategies/pool_resource.hpp
[ "$(grep -c 'first_chunk = 1024;' "$changed")" = 1 ] || {
    echo "the default of pool's first_chunk stands not once in $changed"
    exit 1
}
sed -i 's/first_chunk = 1024;/first_chunk = 2048;/' "$changed"

cat >"$work/main.cpp" <<'END'
#include <iostream>
#include <strata/strata.hpp>
static_assert(strata::pool{}.first_chunk == 2048);
int main() {
    auto memory = strata::strategy::parse("pool").build();
    (void)memory.allocate(100);
    std::cout << memory.usage().reserved_bytes.value() << " bytes reserved\n";
}
END
# The program's list of kinds stands before the library's.
compile() {
    out=$1
    source=$2
    shift 2
    "$@" "-I$work/include" "-I$work/src/compose" "$source" \
        "$work/src/compose/built_in_layers.cpp" "$library" -o "$work/$out"
}
compile main "$work/main.cpp" "$@" || exit 1
compile layer_options "$work/docs/examples/layer_options.cpp" "$@" || exit 1

failures=0
expect() {
    grep -qF "$1" "$2" || {
        echo "expected \"$1\" in $(basename "$2")"
        failures=1
    }
}
LD_LIBRARY_PATH=$(dirname "$library")
export LD_LIBRARY_PATH
"$work/main" >"$work/built"
python3 "$work/docs/reference.py" "$work/layer_options"
"$work/layer_options" >"$work/texts"
expect '2048 bytes reserved' "$work/built"
expect '`pool(largest_block=16KiB, max_blocks_per_chunk=1048576, first_chunk=2KiB,' "$work/texts"
expect '`pool(largest_block=16KiB, max_blocks_per_chunk=1048576, first_chunk=2KiB,' \
    "$work/docs/composing.md"
expect '| `first_chunk` | bytes | `2KiB` |' "$work/docs/reference.md"
exit $failures
