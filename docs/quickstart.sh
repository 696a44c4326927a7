#!/bin/sh
# Builds the library, the example word_index and the command strata in build/release. Runs the
# example, which does the same work on eight strategies. Then records it, and a compiler that knows
# nothing of Strata, searches the best strategy for each, and writes a page about each. Standard
# output has the results alone.
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
strata() {
    "$build/src/tool/strata" "$@"
}
strata record -o word_index.trace -- "$word_index" --rounds 1 >/dev/null
printf '#include <string>\n#include <vector>\nstd::vector<std::string> texts(1);\n' >program.cpp
# The compiler proper is a child of g++; of all traces it has the largest.
strata record --children -o g++.trace -- $CXX -c program.cpp >/dev/null  # words, to be split
mv "$(ls -S g++.trace* | head -n 1)" compiler.trace
# tune_and_report NAME PROGRAM...: what it says, and a page that shows why.
tune_and_report() {
    name=$1
    shift
    printf '\n'
    strata tune "$name.trace" --budget 20s --advice advice.json -- "$@"
    strata report "$name.trace" --advice advice.json --force -o "$build/$name.html"
}
tune_and_report word_index "$word_index" --rounds 1
tune_and_report compiler $CXX -c program.cpp -o program.o
