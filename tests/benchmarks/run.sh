#!/bin/sh
# Builds in release mode and prints which strategy suits which job: the figures of docs/choosing.md.
#
#   sh tests/benchmarks/run.sh            under a minute once it is built
#   sh tests/benchmarks/run.sh --quick    a few seconds, and coarser
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
. "$root/docs/packages.sh"

need_to_build
install_missing
{
    configure "$root/build/release" --buildtype=release
    meson compile -C "$root/build/release" choosing
} >&2

exec "$root/build/release/tests/benchmarks/choosing" "$@"
