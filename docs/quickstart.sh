#!/bin/sh
# Builds the library, the example word_index and the command strata in build/release. Runs the
# example, which does the same work on eight strategies. Then records it, and a compiler that knows
# nothing of Strata, and replays both on five strategies. Standard output has the results alone.
#
#   sh docs/quickstart.sh                   all of that
#   sh docs/quickstart.sh ARGUMENT...       the example alone, with these arguments
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/docs/packages.sh"
build=$root/build/release

has_header() {
    echo "#include <$1>" | $CXX -x c++ -std=c++20 -fsyntax-only -
}
need_to_build
need libcli11-dev has_header CLI/CLI.hpp
need nlohmann-json3-dev has_header nlohmann/json.hpp
need libzstd-dev has_header zstd.h
install_missing
{
    configure "$build" --buildtype=release -Dexamples=enabled -Dtool=enabled
    meson compile -C "$build" word_index src/tool/strata:executable strata_replay strata_malloc \
        strata_record
} >&2

word_index=$build/docs/examples/word_index
[ $# -eq 0 ] || exec "$word_index" "$@"
"$word_index"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
record() {
    "$build/src/tool/strata" record "$@" >/dev/null
}
replay() {
    printf '\n'
    "$build/src/tool/strata" replay "$1" --rounds 5 --strategy pool --strategy concurrent_pool \
        --strategy arena --strategy "segregator(1KiB, pool, heap)" \
        --strategy "pool > pages(reserve=4GiB)"
}
record -o word_index.trace -- "$word_index" --rounds 1
printf '#include <string>\n#include <vector>\nstd::vector<std::string> texts(1);\n' >program.cpp
# The compiler proper is a child of g++; of all traces it has the largest.
record --children -o g++.trace -- $CXX -c program.cpp  # words, to be split
replay word_index.trace
replay "$(ls -S g++.trace* | head -n 1)"
