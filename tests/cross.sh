#!/bin/sh
# Compiles the library and its unit tests for other processors and runs them under qemu's emulation
# of a program. The last line says `N passed, N failed`.
#
#   sh tests/cross.sh [--write] [aarch64|riscv64]...    all of them if none is named
#
# --write also writes the table to docs/getting.md. TESTS, from the environment, is an extended
# regular expression, such as '^(core|threads)/': those tests alone.
#
# Needs the network: the target's C library, C++ library and Boost are packages of Debian, unpacked
# in the build folder. What this machine's apt and dpkg know stays as it is.
set -u
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/docs/packages.sh"

write=
[ "${1-}" != --write ] || { write=yes && shift; }
[ $# -gt 0 ] || set -- aarch64 riscv64

stop() {
    echo "$1" >&2
    echo "0 passed, 1 failed"
    exit 1
}

need meson command -v meson
need ninja-build command -v ninja
for processor; do
    case $processor in
        aarch64 | riscv64) ;;
        *) stop "usage: sh tests/cross.sh [--write] [aarch64|riscv64]..." ;;
    esac
    need g++-$processor-linux-gnu command -v $processor-linux-gnu-g++
    need qemu-user command -v qemu-$processor
done
install_missing || stop "The packages that this needs could not be installed."

# unpacked DEBIAN_NAME RELEASE FOLDER: the target's libraries in FOLDER/system, and Boost, apart from
# the C library's headers, in FOLDER/boost.
unpacked() {
    debian=$1 release=$2 folder=$3
    [ ! -e "$folder/boost" ] || return 0
    mkdir -p "$folder/apt/lists/partial" "$folder/apt/archives/partial"
    : >"$folder/apt/status"
    cat >"$folder/apt/settings" <<EOF
APT { Architecture "$debian"; Architectures { "$debian"; }; Sandbox::User "root"; };
Dir::Etc { SourceList "$folder/apt/sources.list"; SourceParts "-"; };
Dir::State "$folder/apt";
Dir::State::status "$folder/apt/status";
Dir::Cache "$folder/apt";
EOF
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
        awk -v release="$own_release" '$2 == release { print $1; exit }')
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main" \
        >"$folder/apt/sources.list"
    (
        export APT_CONFIG="$folder/apt/settings"
        apt-get update && apt-get install -y --download-only --no-install-recommends \
            libboost-container-dev libboost-test-dev
    ) >"$folder/apt/log" 2>&1 || { tail -n 5 "$folder/apt/log" >&2 && return 1; }
    rm -rf "$folder/system" "$folder/boost.part"
    for deb in "$folder"/apt/archives/*.deb; do
        dpkg -x "$deb" "$folder/system" || return 1
    done
    [ -e "$folder/system/lib" ] || ln -s usr/lib "$folder/system/lib"
    mkdir -p "$folder/boost.part/include" "$folder/boost.part/lib"
    mv "$folder/system/usr/include/boost" "$folder/boost.part/include"
    mv "$folder"/system/usr/lib/*/libboost_* "$folder/boost.part/lib"
    mv "$folder/boost.part" "$folder/boost"
}

# Left out: the other suites, which start programs (qemu does not, unless the kernel is told to) or
# compile some; and what counts instructions or needs the library a second time.
suites="--suite unit --suite threads --suite situations --no-suite unchecked"

passed=0 failed=0
table="| Processor | Compiler | Boost | Folders of tests | Passed | Failed |
|---|---|---|---|---|---|"
own_release=$(. /etc/os-release && echo "$VERSION_CODENAME")
for processor; do
    # Debian 12 has no riscv64. What Debian 13 has runs programs that were compiled for 12, and the
    # linker need not find there what only 13's C library has.
    case $processor in
        aarch64) debian=arm64 release=$own_release ;;
        riscv64) debian=riscv64 release=trixie ;;
    esac
    build=$root/build/$processor
    target=$root/build/$processor-target
    unpacked $debian $release "$target" || stop "No libraries for $processor."
    boost=$(sed -n 's/^#define BOOST_LIB_VERSION "\(.*\)"$/\1/p' \
        "$target/boost/include/boost/version.hpp" | tr _ .)

    compiler=$processor-linux-gnu
    cat >"$target/cross" <<EOF
[binaries]
c = '$compiler-gcc'
cpp = ['ccache', '$compiler-g++']
ar = '$compiler-ar'
strip = '$compiler-strip'
exe_wrapper = ['qemu-$processor', '-L', '$target/system', '-E', 'LD_LIBRARY_PATH=$target/boost/lib']

[properties]
boost_root = '$target/boost'

[built-in options]
cpp_link_args = '-Wl,--allow-shlib-undefined'

[host_machine]
system = 'linux'
cpu_family = '$processor'
cpu = '$processor'
endian = 'little'
EOF
    command -v ccache >/dev/null || sed -i "s/'ccache', //" "$target/cross"
    # Several sources as one, as in .ci/run.
    configure "$build" --cross-file "$target/cross" -Dwerror=true -Dtests=auto -Dtool=disabled \
        -Doptimization=1 -Dunity=on -Dunity_size=11 -Dcpp_args=-Wno-subobject-linkage ||
        stop "Not configured."

    rm -f "$build"/meson-logs/testlog*.json
    names=$(meson test -C "$build" --list $suites 2>/dev/null | sed -n 's/^.* \/ //p' |
        grep -E "${TESTS-}")
    [ -n "$names" ] || stop "No tests."
    meson test -C "$build" $suites -t 10 --print-errorlogs $names
    python3 "$root/tests/summary.py" "$build/meson-logs/testlog.json" >"$build/summary"
    cat "$build/summary"
    counts=$(tail -n 1 "$build/summary")
    its_passed=${counts%% passed*}
    its_failed=${counts#* passed, }
    its_failed=${its_failed%% failed*}
    passed=$((passed + its_passed)) failed=$((failed + its_failed))
    folders=$(echo "$names" | sed 's/\/.*//' | sort -u | paste -sd , | sed 's/,/, /g')
    table="$table
| $processor | g++ $($compiler-g++ -dumpversion) | $boost | $folders | $its_passed | $its_failed |"
done

echo "$table"
[ -z "$write" ] ||
    echo "$table" | sh "$root/tests/put_table.sh" "$root/docs/getting.md" tests/cross.sh
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
