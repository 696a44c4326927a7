#!/bin/sh
# What a user of Debian does, on a bare system: debootstrap's smallest, in a folder, as root.
#
#   sh tests/packaging/debian.sh           builds the packages, checks them with lintian, installs,
#                                          uses, upgrades, removes and purges them
#   sh tests/packaging/debian.sh --bare    besides, both commands of the README: the second tries
#                                          every other way of getting the library. An hour
#
# Prints the time from the packages to the first output of a program. The last line says `N passed,
# N failed`. The mirror is that of this machine's apt.
set -u
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
. "$root/docs/packages.sh"
debs=$root/build/deb

stop() {
    echo "$1" >&2
    echo "0 passed, 1 failed"
    exit 1
}
mkdir -p "$root/build"  # by whoever builds there, before sudo
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || stop "debootstrap and chroot need root, and there is no sudo."
    exec sudo sh "$root/tests/packaging/debian.sh" "$@"
fi
need debootstrap command -v debootstrap
need lintian command -v lintian
install_missing || stop "The packages that this needs could not be installed."

passed=0 failed=0
# tries NAME COMMAND...
tries() {
    name=$1
    shift
    if "$@"; then
        echo "passed: $name"
        passed=$((passed + 1))
    else
        echo "failed: $name"
        failed=$((failed + 1))
    fi
}

rm -rf "$debs"
sh "$root/src/packaging/deb.sh" "$debs" >"$root/build/deb.log" 2>&1 || {
    tail -n 20 "$root/build/deb.log" >&2
    stop "The packages could not be built."
}
tries "lintian" lintian --fail-on error,warning --allow-root "$debs"/*.changes

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bare=$work/bare
apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    sort -u >"$work/sources.list"
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(awk -v release="$release" '$3 == release { print $2; exit }' "$work/sources.list")
debootstrap --variant=minbase "$release" "$bare" "$mirror" >"$work/log" 2>&1 || {
    tail -n 20 "$work/log" >&2
    stop "debootstrap failed."
}
cp "$work/sources.list" "$bare/etc/apt/sources.list"
cp /etc/resolv.conf "$bare/etc"
cat >"$bare/settings" <<'END'
set -eu
export DEBIAN_FRONTEND=noninteractive
install="apt-get install -y --no-install-recommends"
END

# inside SCRIPT: run by the shell of the bare system, whose mounts end with it.
inside() {
    unshare --mount --pid --fork sh -c '
        mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" &&
        exec chroot "$1" sh -c ". /settings; $2"' sh "$bare" "$1" >"$work/log" 2>&1 || {
        tail -n 20 "$work/log" >&2
        return 1
    }
}

# The same packages under an earlier version, to be upgraded.
mkdir -p "$bare/debs/new" "$bare/debs/old"
for package in libstrata0 libstrata-dev strata-tools; do
    cp "$debs/$package"_*.deb "$bare/debs/new"
done
version=$(dpkg-deb -f "$bare"/debs/new/libstrata0_*.deb Version)
version=${version%-*}
for deb in "$bare"/debs/new/*.deb; do
    rm -rf "$work/package"
    dpkg-deb -R "$deb" "$work/package"
    sed -i "s/$version/0.1.0~1/" "$work/package/DEBIAN/control"
    dpkg-deb -Znone --root-owner-group -b "$work/package" "$bare/debs/old" >/dev/null
done
cp "$root/docs/examples/readme.cpp" "$bare"

first_output() {
    inside "apt-get update && \$install /debs/new/*.deb g++ pkg-config &&
        c++ -std=c++20 /readme.cpp \$(pkg-config --cflags --libs strata) -o /readme && /readme"
}
began=$(date +%s)
tries "install the packages, compile and run the README's program" first_output
echo "$(($(date +%s) - began)) seconds from the packages to the first output"

tries "the command, its manual page and its completions" inside "
    strata run --stats -- ls / && strata --version && dpkg -L strata-tools >/files &&
    grep -q man1/strata.1.gz /files && bash -n /usr/share/bash-completion/completions/strata.bash"
tries "gdb finds the printers" inside "
    \$install gdb && c++ -g -std=c++20 /readme.cpp -lstrata -o /readme &&
    gdb -nx -batch -ex 'break strata::describe' -ex run -ex up -ex 'print memory' /readme |
        grep -F '= stats: live'"
tries "purge leaves nothing" inside "
    dpkg -L libstrata0 libstrata-dev strata-tools | grep -i strata >/files &&
    apt-get purge -y libstrata0 libstrata-dev strata-tools &&
    while read -r file; do test ! -e \"\$file\"; done </files"
tries "upgrade" inside "
    \$install /debs/old/*.deb &&
    \$install /debs/new/*.deb &&
    /readme && ! dpkg -l | grep '0.1.0~1-'"
tries "remove and install again" inside "
    apt-get remove -y libstrata0 && ! strata --version && test ! -d /usr/include/strata &&
    \$install /debs/new/*.deb && /readme &&
    apt-get purge -y libstrata0"

if [ "${1-}" = --bare ]; then
    mkdir "$bare/strata"
    git -C "$root" ls-files -z | tar -C "$root" --null -T - -cf - | tar -C "$bare/strata" -xf -
    tries "quickstart.sh" inside "sh /strata/docs/quickstart.sh"
    tries "tests/run.sh, with all ways of getting the library" inside "sh /strata/tests/run.sh"
fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
