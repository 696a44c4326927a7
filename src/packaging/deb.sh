#!/bin/sh
# Makes the Debian source package, and from it the packages libstrata0, libstrata-dev and
# strata-tools, for the release and the architecture of this machine.
#
#   sh src/packaging/deb.sh FOLDER             writes both to FOLDER
#   sh src/packaging/deb.sh FOLDER --source    the source package alone
#
# Version X.Y.Z once docs/CHANGELOG.md has a heading for it; before that, a snapshot X.Y.Z~DATE,
# which a release replaces. Debian has no package yet, so its revision is 0. The date is
# SOURCE_DATE_EPOCH, or that of the last commit.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
. "$root/docs/packages.sh"
folder=${1:?usage: deb.sh FOLDER [--source]}

need git command -v git
need dpkg-dev command -v dpkg-buildpackage
need debhelper command -v dh
case ${2-} in
    '')
        need_to_build
        for package in libcli11-dev libzstd-dev nlohmann-json3-dev pkg-config valgrind; do
            need $package dpkg-query -W $package
        done
        kind=binary,source ;;
    --source) kind=source ;;
    *) echo "usage: deb.sh FOLDER [--source]" >&2; exit 2 ;;
esac
install_missing

git -C "$root" ls-files --error-unmatch meson.build >/dev/null || {
    echo "deb.sh needs a Git checkout: the source package has the files that Git knows." >&2
    exit 1
}
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct)}"
version=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$root/meson.build")
grep -q "^## .*$version" "$root/docs/CHANGELOG.md" ||
    version=$version~$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d)

mkdir -p "$folder"
cd "$folder"
source=strata-$version
rm -rf "$source"
mkdir "$source"
# As in the tree, changes included; but only the files that git knows, and without what is fuzzed
# with: broken ELF files, which are no source.
git -C "$root" ls-files -z -- . ':!tests/fuzz/corpus' |
    tar -C "$root" --null -T - -cf - | tar -C "$source" -xf -
tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    -cJf "strata_$version.orig.tar.xz" "$source"
cp -R "$source/src/packaging/debian" "$source"
cat >"$source/debian/changelog" <<END
strata ($version-0strata1) unstable; urgency=medium

  * docs/CHANGELOG.md has the changes.

 -- $(sed -n 's/^Maintainer: //p' "$source/debian/control")  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
END
cd "$source"
dpkg-buildpackage --build=$kind --no-sign
cd ..
rm -r "$source"
