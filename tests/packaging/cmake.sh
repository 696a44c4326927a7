#!/bin/sh
# With CMake: find_package(strata) and strata::strata.
. "$(dirname "$0")/workspace.sh"
need cmake
install_library

cmake -G Ninja -S "$work" -B "$work/build" -Dstrata_DIR="$installed/$LIBDIR/cmake/strata"
cmake --build "$work/build"
"$work/build/consumer"
