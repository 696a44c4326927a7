#!/bin/sh
# As a subproject of another Meson project, built from its sources.
. "$(dirname "$0")/workspace.sh"

mkdir "$work/subprojects"
ln -s "$SOURCE_ROOT" "$work/subprojects/strata"
# Several sources at a time: in half the time.
meson setup "$work/build" "$work" -Dunity=on -Dunity_size=12 --force-fallback-for=strata -Ddefault_library="$LIBRARY_KIND"
meson compile -C "$work/build"
"$work/build/consumer"
