#!/bin/sh
# With pkg-config and nothing but the compiler.
. "$(dirname "$0")/workspace.sh"
need pkg-config
install_library

export PKG_CONFIG_PATH="$installed/$LIBDIR/pkgconfig"
flags=$(pkg-config --define-variable=prefix="$installed" --cflags --libs strata)
cd "$work"
eval "$CXX -std=c++20 main.cpp -o consumer $flags" # eval: pkg-config quotes for the shell
LD_LIBRARY_PATH="$installed/$LIBDIR" ./consumer
