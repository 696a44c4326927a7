#!/bin/sh
# A program and its plugin with hidden symbols, optimised as a whole: both know the layers and the
# exceptions of the other by their types.
. "$(dirname "$0")/workspace.sh"
need pkg-config
[ "$LIBRARY_KIND" != static ] || { echo "skipped: each would have its own library"; exit 77; }
install_library

export PKG_CONFIG_PATH="$installed/$LIBDIR/pkgconfig"
flags=$(pkg-config --define-variable=prefix="$installed" --cflags --libs strata)
cd "$SOURCE_ROOT/tests/packaging/hidden_consumer"
# clang needs a linker that may not be there.
lto=-flto
echo 'int main() { return 0; }' | $CXX $lto -x c++ - -o "$work/trial" 2>/dev/null || lto=
hidden="-std=c++20 -O2 -fvisibility=hidden -fvisibility-inlines-hidden $lto"
eval "$CXX $hidden -fPIC -shared plugin.cpp -o '$work/libplugin.so' $flags"
eval "$CXX $hidden main.cpp -o '$work/program' '$work/libplugin.so' $flags"
LD_LIBRARY_PATH="$installed/$LIBDIR:$work" "$work/program"
