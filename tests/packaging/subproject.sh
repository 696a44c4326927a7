#!/bin/sh
# As a subproject of another Meson project, built from its sources.
. "$(dirname "$0")/workspace.sh"

mkdir "$work/subprojects"
ln -s "$SOURCE_ROOT" "$work/subprojects/strata"
# Several sources at a time, and not optimised: in a quarter of the time.
meson setup "$work/build" "$work" --force-fallback-for=strata -Ddefault_library="$LIBRARY_KIND" \
    -Dbuildtype=plain -Dunity=on -Dunity_size=12
meson compile -C "$work/build"
"$work/build/consumer"
