#!/bin/sh
# Builds and runs the tests. The last line says `N passed, N failed`, and the skipped if any.
#
#   sh tests/run.sh          what every change should pass
#   sh tests/run.sh --all    longer random programs, and the packaging of a static library too
#
# From the environment: BUILD_DIR, where to build; CXX, which a build folder keeps once it has one;
# MESON_ARGS, for `meson setup`; TEST_ARGS, for `meson test`, such as `--setup valgrind`; SUITES, to
# build and run the tests of some suites alone.
set -u
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/docs/packages.sh"
build=${BUILD_DIR:-$root/build/tests}

stop() {
    echo "$1" >&2
    echo "0 passed, 1 failed"
    exit 1
}

case ${1-} in
    '') all= ;;
    --all) all=yes ;;
    *) stop "usage: sh tests/run.sh [--all]" ;;
esac

need_to_build
need libboost-test-dev links boost_unit_test_framework
need pkg-config command -v pkg-config
need cmake command -v cmake
# The library is built for memcheck where that has its header.
has_memcheck() {
    echo '#include <valgrind/memcheck.h>' | $CXX -x c++ -fsyntax-only -
}
need valgrind has_memcheck
# A program on real data, for operator new.
has_json() {
    echo '#include <nlohmann/json.hpp>' | $CXX -x c++ -std=c++20 -fsyntax-only -
}
need nlohmann-json3-dev has_json
need iso-codes test -f /usr/share/iso-codes/json/iso_639-3.json
# Two programs of the cookbook.
has_asio() {
    printf '#if !__has_include(<boost/asio.hpp>)\n#error\n#endif\n' | $CXX -x c++ -E -
}
need libboost-dev has_asio
need liblua5.4-dev pkg-config --exists lua5.4
# The command `strata`, and a program for it to run.
has_cli11() {
    echo '#include <CLI/CLI.hpp>' | $CXX -x c++ -std=c++20 -fsyntax-only -
}
need libcli11-dev has_cli11
need libzstd-dev links zstd
need xz-utils command -v xz
need binutils command -v nm
need gdb command -v gdb
need heaptrack command -v heaptrack_print
# The documentation site.
need mkdocs-material sh -c 'mkdocs build --help | grep -q material'
# Its pprof opens an export; a third of a gigabyte.
[ -z "$all" ] || need golang-go command -v go
case " ${TEST_ARGS-} " in
    *" jemalloc "*) need libjemalloc2 links :libjemalloc.so.2 ;;
    *" mimalloc "*) need libmimalloc2.0 links :libmimalloc.so.2 ;;
    *" tcmalloc "*) need libtcmalloc-minimal4 links :libtcmalloc_minimal.so.4 ;;
esac
install_missing || stop "The packages that the tests need could not be installed."

# What meson logged of an earlier run must not be counted for this one.
rm -f "$build"/meson-logs/testlog*.json "$build"-static/meson-logs/testlog*.json

# A sanitizer's runtime serves malloc itself, and the command is then not built.
case " ${MESON_ARGS-} " in
    *b_sanitize*) tool= ;;
    *) tool=-Dtool=enabled ;;
esac
# The arguments from the environment are words between spaces: not quoted, to be split there.
configure "$build" -Dwerror=true -Dtests=enabled $tool ${MESON_ARGS-} || stop "Not configured."
[ -z "$all" ] || export STRATA_TEST_OPERATIONS=2000000
if [ -n "${SUITES-}" ]; then
    meson test -C "$build" $(printf -- '--suite %s ' $SUITES) --print-errorlogs ${TEST_ARGS-}
else
    meson compile -C "$build" || stop "Not built."
    meson test -C "$build" --no-rebuild --print-errorlogs ${all:+-t 10} ${TEST_ARGS-}
fi
set -- "$build"/meson-logs/testlog*.json

if [ -n "$all" ]; then
    configure "$build-static" -Dtests=auto -Ddefault_library=static ${MESON_ARGS-} || stop "Not configured."
    meson test -C "$build-static" --suite packaging --print-errorlogs
    set -- "$@" "$build"-static/meson-logs/testlog*.json
fi

exec python3 "$root/tests/summary.py" "$@"
