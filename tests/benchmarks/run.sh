#!/bin/sh
# Builds in release mode and measures Strata beside its peers: tables on the terminal, all figures in
# build/release/benchmarks.json, a chart in build/release/benchmarks.svg.
#
#   sh tests/benchmarks/run.sh                   everything, under 10 minutes once it is built
#   sh tests/benchmarks/run.sh --quick           under a minute, and coarser
#   sh tests/benchmarks/run.sh pool/ arena/      what has one of these in its name; see --list
#   sh tests/benchmarks/run.sh --goals           the project's goals, and whether they are met
#   sh tests/benchmarks/run.sh --instructions    instructions a call, and nothing that takes time
#   sh tests/benchmarks/run.sh --publish         everything; figures and chart go to docs/
#   sh tests/benchmarks/run.sh --help            the other options
#
#   sh tests/benchmarks/run.sh choosing          which strategy suits which job: docs/choosing.md
#   sh tests/benchmarks/run.sh choosing --quick  a few seconds, and coarser
#
#   sh tests/benchmarks/run.sh debug             what a debug_resource costs
#
#   sh tests/benchmarks/run.sh bytes             what growth in place saves a text
#
#   sh tests/benchmarks/run.sh coroutines        what the frame of a coroutine costs
#
#   sh tests/benchmarks/run.sh record            what recording costs a compiler
#
#   sh tests/benchmarks/run.sh replay            how near a replay is to the real program
#
#   sh tests/benchmarks/run.sh tune              how true the advice of `strata tune` is
#   sh tests/benchmarks/run.sh tune --replays    the same without runs of the programs
#
#   sh tests/benchmarks/run.sh rebuilt           programs built with the line, beside `strata run`
#
#   sh tests/benchmarks/run.sh case              one program, from the recording to the pasted line
#
#   sh tests/benchmarks/run.sh headers           how long a file takes to compile with each header
#
#   sh tests/benchmarks/run.sh size              how much an arena adds to a static program
#
#   sh tests/benchmarks/run.sh whole-program     a program on operator new, beside other allocators
#   sh tests/benchmarks/run.sh whole-program --rounds 31 --markdown
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
here=$root/tests/benchmarks
build=$root/build/release
. "$root/docs/packages.sh"

# build PROGRAM...: what it prints is no part of the output.
build() {
    {
        configure "$build" --buildtype=release -Dbenchmarks=enabled -Dtests=auto
        meson compile -C "$build" "$@"
    } >&2
}

has_header() {
    echo "#include <$1>" | $CXX -x c++ -std=c++20 -fsyntax-only -
}
has_json() {
    has_header nlohmann/json.hpp
}

need_to_build
if [ "${1:-}" = choosing ]; then
    shift
    install_missing
    build choosing
    exec "$build/tests/benchmarks/choosing" "$@"
fi

if [ "${1:-}" = debug ]; then
    install_missing
    build debug_cost
    exec "$build/tests/benchmarks/debug_cost"
fi

if [ "${1:-}" = bytes ]; then
    install_missing
    build byte_cost
    exec "$build/tests/benchmarks/byte_cost"
fi

if [ "${1:-}" = coroutines ]; then
    install_missing
    build coroutine_cost
    exec "$build/tests/benchmarks/coroutine_cost"
fi

if [ "${1:-}" = record ]; then
    shift
    need g++ command -v g++
    need nlohmann-json3-dev has_json
    need libcli11-dev has_header CLI/CLI.hpp
    need libzstd-dev has_header zstd.h
    install_missing
    build src/tool/strata:executable strata_record
    exec python3 "$here/record.py" "$build/src/tool/strata" "$@"
fi

case ${1:-} in
replay | tune | rebuilt | case)
    what=$1
    shift
    need g++ command -v g++
    need nlohmann-json3-dev has_json
    need libcli11-dev has_header CLI/CLI.hpp
    need libzstd-dev has_header zstd.h
    need libboost-test-dev links boost_unit_test_framework
    need iso-codes test -f /usr/share/iso-codes/json/iso_639-3.json
    install_missing
    {
        configure "$build" --buildtype=release -Dbenchmarks=enabled -Dtests=auto -Dexamples=enabled
        meson compile -C "$build" src/tool/strata:executable strata_malloc strata_record \
            strata_replay word_index atlas habits
    } >&2
    exec python3 "$here/$what.py" "$build" "$@"
    ;;
esac

if [ "${1:-}" = headers ]; then
    shift
    need clang command -v clang++
    install_missing
    exec env -u CXX python3 "$here/headers.py" "$@"
fi

if [ "${1:-}" = size ]; then
    install_missing
    build=$root/build/static
    {
        configure "$build" --buildtype=release -Ddefault_library=static
        meson compile -C "$build"
    } >&2
    exec sh "$here/size.sh" "$build"
fi

if [ "${1:-}" = whole-program ]; then
    shift
    need nlohmann-json3-dev has_json
    need iso-codes test -f /usr/share/iso-codes/json/iso_639-3.json
    need libmimalloc2.0 links :libmimalloc.so.2
    need libjemalloc2 links :libjemalloc.so.2
    need libtcmalloc-minimal4 links :libtcmalloc_minimal.so.4
    install_missing
    programs=$build/tests/whole_program
    build atlas atlas_concurrent_pool atlas_counted atlas_heap
    data=/usr/share/iso-codes/json
    exec python3 "$root/tests/whole_program/compare.py" "$@" \
        "glibc=$programs/atlas $data" \
        "mimalloc=LD_PRELOAD=libmimalloc.so.2 $programs/atlas $data" \
        "jemalloc=LD_PRELOAD=libjemalloc.so.2 $programs/atlas $data" \
        "tcmalloc=LD_PRELOAD=libtcmalloc_minimal.so.4 $programs/atlas $data" \
        "concurrent_pool=$programs/atlas_concurrent_pool $data" \
        "stats > concurrent_pool=$programs/atlas_counted $data" \
        "heap=$programs/atlas_heap $data"
fi

only_instructions=
publish=
for argument; do
    shift
    case $argument in
        --instructions) only_instructions=yes ;;
        --publish) publish=yes ;;
        *) set -- "$@" "$argument" ;;
    esac
done

need libbenchmark-dev links benchmark
# Those who take part, and what counts instructions. What cannot be had is left out, and said so.
need libmimalloc-dev links mimalloc
need libjemalloc-dev links jemalloc
need libgoogle-perftools-dev links tcmalloc_minimal
need libtbb-dev links tbbmalloc
need libfoonathan-memory-dev links foonathan_memory
need llvm-14-dev command -v llvm-config-14
need libprotobuf-dev links protobuf-lite
need valgrind command -v valgrind
install_missing || echo "Going on without what could not be installed:$missing_packages" >&2

numbers=$build/instructions.txt
programs=strata_benchmarks
if command -v valgrind >/dev/null; then
    programs="$programs strata_instructions"
fi
build $programs
rm -f "$numbers"
# Quick enough to be counted always, and printed where everything is.
count() {
    [ "$programs" = strata_benchmarks ] ||
        python3 "$here/instructions.py" "$build/tests/benchmarks/strata_instructions" \
            --numbers "$numbers"
}
if [ -n "$only_instructions" ]; then
    count
    exit
fi
measure() {
    case $*-$# in
        -0 | --quick-1) count ;;
        *) count >/dev/null ;;
    esac
    "$build/tests/benchmarks/strata_benchmarks" --numbers="$numbers" \
        --json="$build/benchmarks.json" "$@"
}

chart=$build/benchmarks.svg
if [ -n "$publish" ]; then
    # In a pipe a failure would go unseen.
    measure "$@" >"$build/benchmarks.txt"
    python3 "$here/publish.py" "$build/benchmarks.json" "$build/benchmarks.txt" "$root"
    python3 "$here/figures.py" "$root/docs/figures.json" "$root/docs/figures.md"
    chart=$root/docs/images/benchmarks.svg
else
    measure "$@"
fi
[ -s "$build/benchmarks.json" ] || exit 0
python3 "$here/chart.py" "$build/benchmarks.json" "$chart"
echo
echo "All figures: ${build#"$root/"}/benchmarks.json, a chart: ${chart#"$root/"}"
