#!/bin/sh
# Builds the library and the example word_index in build/release, and runs the example with the
# arguments given here. Standard output is the example's alone.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/docs/packages.sh"

need_to_build
install_missing
{
    configure "$root/build/release" --buildtype=release -Dexamples=enabled
    meson compile -C "$root/build/release" word_index
} >&2

exec "$root/build/release/docs/examples/word_index" "$@"
