#!/bin/sh
# Where Boost is in a prefix of its own, the compiler does not find it. A program that does not name
# Boost needs nothing of it; one that bridges to it gets its headers from pkg-config and CMake.
. "$(dirname "$0")/workspace.sh"
need pkg-config
need cmake
[ "$LIBRARY_KIND" = shared ] || { echo "skipped: a static library needs Boost to be linked"; exit 77; }
install_library

# A prefix of Boost, and a compiler that sees all of its usual folders without them.
boost=$work/boost
mkdir -p "$boost/include" "$boost/lib"
ln -s /usr/include/boost "$boost/include/boost"
ln -s "$($CXX -print-file-name=libboost_container.so)" "$boost/lib"
flags="-nostdinc -nostdinc++"
$CXX -std=c++20 -E -v -x c++ /dev/null 2>&1 |
    sed -n '/^#include </,/^End of search/s/^ //p' >"$work/folders"
while read -r folder; do
    folder=$(realpath "$folder")
    if [ -d "$folder/boost" ]; then
        hidden=$work/without_boost$folder
        mkdir -p "$hidden"
        ln -s "$folder"/* "$hidden"
        rm "$hidden/boost"
        folder=$hidden
    fi
    flags="$flags -isystem $folder"
done <"$work/folders"
cat >"$work/c++" <<END
#!/bin/sh
exec $CXX $flags "\$@"
END
chmod +x "$work/c++"

echo '#include <boost/version.hpp>' >"$work/boost.cpp"
! "$work/c++" -fsyntax-only "$work/boost.cpp" 2>/dev/null || { echo "Boost is found still"; exit 1; }

# The file of pkg-config that a build against that Boost installs.
BOOST_ROOT=$boost meson setup "$work/configured" "$SOURCE_ROOT" >/dev/null
cp "$work/configured/meson-private/strata.pc" "$work/own.pc"

# consume FOLDER STRATA_PC LINKED...: with pkg-config, and with what the program links itself.
consume() {
    mkdir -p "$work/pc"
    cp "$2" "$work/pc/strata.pc"
    source=$1/main.cpp
    shift 2
    flags=$(PKG_CONFIG_PATH="$work/pc" pkg-config --define-variable=prefix="$installed" \
        --define-variable=libdir="$installed/$LIBDIR" --cflags --libs strata)
    eval "'$work/c++' -std=c++20 '$source' -o '$work/program' $flags $*"
    LD_LIBRARY_PATH="$installed/$LIBDIR" "$work/program"
}
consume "$work" "$installed/$LIBDIR/pkgconfig/strata.pc"
consume "$SOURCE_ROOT/tests/packaging/boost_consumer" "$work/own.pc" "-L$boost/lib" -lboost_container

# make FOLDER NAME CMAKE_OPTION...: with CMake.
make() {
    folder=$1
    build=$work/$2
    shift 2
    cmake -G Ninja -S "$folder" -B "$build" -DCMAKE_CXX_COMPILER="$work/c++" \
        -Dstrata_DIR="$installed/$LIBDIR/cmake/strata" -DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF \
        -DBoost_NO_BOOST_CMAKE=ON "$@"
    cmake --build "$build"
    "$build/consumer"
}
make "$work" plain
make "$SOURCE_ROOT/tests/packaging/boost_consumer" bridge -DBOOST_ROOT="$boost"
