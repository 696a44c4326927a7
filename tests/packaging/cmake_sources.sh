#!/bin/sh
# With CMake, from the sources: add_subdirectory, and FetchContent from a tree that is there.
. "$(dirname "$0")/workspace.sh"
need cmake

# Where the list of sources cannot be read, the message says where it was expected.
mkdir "$work/unreadable"
cp "$SOURCE_ROOT/meson.build" "$work"
cp "$SOURCE_ROOT/src/CMakeLists.txt" "$work/unreadable"
sed 's/^strata_sources = files(/&other, /' "$SOURCE_ROOT/src/meson.build" \
    >"$work/unreadable/meson.build"
! cmake -S "$work/unreadable" -B "$work/unreadable/build" 2>"$work/message"
cat "$work/message"
grep -q "unreadable/meson.build: found no list of sources" "$work/message"

[ "$LIBRARY_KIND" = static ] && shared=OFF || shared=ON
# All sources as one, and not optimised: in a tenth of the time. FetchContent comes second and links
# with the library that add_subdirectory has built.
for way in add_subdirectory fetch_content; do
    cmake -G Ninja -S "$SOURCE_ROOT/tests/packaging/source_consumer" -B "$work/build" \
        -DWAY="$way" -DFETCHCONTENT_SOURCE_DIR_STRATA="$SOURCE_ROOT" \
        -DBUILD_SHARED_LIBS="$shared" -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=0
    cmake --build "$work/build"
    "$work/build/$way"
done
