#!/bin/sh
# Builds in release mode and measures Strata beside its peers: a table on the terminal, all figures
# in build/release/benchmarks.json, a chart in build/release/benchmarks.svg.
#
#   sh tests/benchmarks/run.sh                   everything, under 10 minutes once it is built
#   sh tests/benchmarks/run.sh --quick           under a minute, and coarser
#   sh tests/benchmarks/run.sh pool/ arena/      the workloads whose names contain one of these
#   sh tests/benchmarks/run.sh --help            the other options
#   sh tests/benchmarks/run.sh choosing          which strategy suits which job: docs/choosing.md
#   sh tests/benchmarks/run.sh choosing --quick  a few seconds, and coarser
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
build=$root/build/release
. "$root/docs/packages.sh"

need_to_build
program=strata_benchmarks
if [ "${1:-}" = choosing ]; then
    program=choosing
    shift
else
    need libbenchmark-dev links benchmark
    # Those who take part. What is still missing after this is left out, and said so.
    need libmimalloc-dev links mimalloc
    need libjemalloc-dev links jemalloc
    need libgoogle-perftools-dev links tcmalloc_minimal
    need libtbb-dev links tbbmalloc
    need libfoonathan-memory-dev links foonathan_memory
    need llvm-14-dev command -v llvm-config-14
    need libprotobuf-dev links protobuf-lite
fi
install_missing || {
    echo "Going on without what could not be installed:$missing_packages" >&2
}
{
    configure "$build" --buildtype=release
    meson compile -C "$build" "$program"
} >&2

exec "$build/tests/benchmarks/$program" "$@"
