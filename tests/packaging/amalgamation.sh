#!/bin/sh
# As two files that a command makes of the library, with nothing else to include or to link with.
. "$(dirname "$0")/workspace.sh"
need python3

python3 "$SOURCE_ROOT/src/packaging/amalgamate.py" "$work/copied"
cd "$work/copied"
for program in "$SOURCE_ROOT/docs/examples/readme.cpp" "$work/main.cpp"; do
    sed 's,<strata/strata.hpp>,"strata.hpp",' "$program" >"$(basename "$program")"
done
$CXX -std=c++20 -Wall -Wextra -Werror -c strata.cpp
for program in readme main; do
    $CXX -std=c++20 -Wall -Wextra -Werror "$program.cpp" strata.o -o "$program"
    "./$program"
done
