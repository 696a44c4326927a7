#!/bin/sh
# As a C++20 module, which has each public name. Compiled with the newest clang that is there; those
# before 16 can only tell the names.
. "$(dirname "$0")/workspace.sh"

# Beside compilers of other versions, the plain name may be an old one.
for clang in clang++-19 clang++-18 clang++-17 clang++-16 clang++; do
    ! command -v "$clang" >/dev/null || break
done
need "$clang"
python3 "$SOURCE_ROOT/src/packaging/module.py" "$clang" --check
version=$("$clang" -dumpversion)
[ "${version%%.*}" -ge 16 ] || { echo "skipped: no clang++ from 16 on"; exit 77; }

[ "$LIBRARY_KIND" = shared ] || { echo "skipped: a static library needs Boost"; exit 77; }
install_library
cd "$work"
flags="-std=c++20 -Wall -Wextra -Werror -I $installed/include"
$clang $flags --precompile "$installed/share/strata/strata.cppm" -o strata.pcm
$clang -c strata.pcm -o module.o
$clang $flags -fmodule-file=strata=strata.pcm \
    "$SOURCE_ROOT/tests/packaging/module_consumer/main.cpp" module.o \
    -L"$installed/$LIBDIR" -lstrata -o consumer
LD_LIBRARY_PATH="$installed/$LIBDIR" ./consumer
