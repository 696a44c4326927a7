#!/bin/sh
# headers.sh ROOT COMPILER...: each header compiles alone, twice in one file, and without a warning.
# With clang, which adds its warnings, all are one file: that is sooner.
set -u
cd "$1/include" || exit 1
shift
all=$(find strata -name '*.hpp' | sort)
[ -n "$all" ] || exit 1
case $* in *clang*) all=$(echo $all) ;; esac

echo "$all" | tr '\n' '\0' | xargs -0 -I '{}' -P 2 sh -c '
    for twice in 1 2; do
        for header in $0; do echo "#include <$header>"; done
    done | "$@" -Wall -Wextra -Werror -fsyntax-only -x c++ - || { echo "in: $0"; exit 1; }
' '{}' "$@"
