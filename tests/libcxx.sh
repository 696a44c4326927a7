#!/bin/sh
# Runs the tests with libc++, of the version that CXX brings; where that has no std::pmr, a line
# says so. The last line says `N passed, N failed`.
set -u
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
CXX=${CXX:-clang++-16}
. "$root/docs/packages.sh"

has_pmr() {
    printf '#include <memory_resource>\nstd::pmr::monotonic_buffer_resource memory;\n' |
        $CXX -x c++ -std=c++20 -stdlib=libc++ -fsyntax-only -
}
version=${CXX##*-}
need "clang-$version" command -v "$CXX"
need "libc++-$version-dev" has_pmr
need "libc++abi-$version-dev" test -e "/usr/lib/llvm-$version/lib/libc++abi.so"
need "libclang-rt-$version-dev" test -d "/usr/lib/llvm-$version/lib/clang/$version/lib/linux"
install_missing || { echo "0 passed, 1 failed"; exit 1; }
if ! has_pmr >/dev/null 2>&1; then
    echo "libc++ of $CXX has no std::pmr: the tests cannot run with it"
    echo "0 passed, 0 failed"
    exit
fi

# Boost 1.74 names what libc++ has removed from C++17 on. What cannot be linked with the installed
# Boost is left out: the snippets of the documentation and the packaged library.
export BUILD_DIR="$root/build/libcxx" CXX
export MESON_ARGS="-Dcpp_args=['-stdlib=libc++','-D_LIBCPP_ENABLE_CXX17_REMOVED_UNARY_BINARY_FUNCTION'] \
    -Dcpp_link_args=-stdlib=libc++ -Dtool=disabled"
export TEST_ARGS="--no-suite packaging --no-suite docs"
exec sh "$root/tests/run.sh"
