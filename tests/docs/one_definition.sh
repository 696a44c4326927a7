#!/bin/sh
# one_definition.sh [ROOT]: what a header compiles to does not depend on NDEBUG or STRATA_CHECKED,
# since a program may be linked from units with either. Only detail/checks.hpp names them.
set -u
root=${1:-$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)}
cd "$root" || exit 1

seen=$(find include/strata -type f -name '*.hpp' | wc -l)
[ "$seen" -gt 100 ] || { echo "only $seen files: was this run in the right place?"; exit 1; }

wrong=$(
    find include/strata -type f -name '*.hpp' ! -path '*/detail/checks.hpp' -exec awk '
        {
            code = $0
            sub(/[ \t]*\/\/.*/, "", code)
            gsub(/"[^"]*"/, "", code)
            if (code ~ /(^|[^A-Za-z0-9_])(NDEBUG|STRATA_CHECKED|__OPTIMIZE__|assert[ \t]*\(|checked[^A-Za-z0-9_])/) {
                print FILENAME ":" FNR ": " $0
            }
        }
    ' {} +
)
if [ -n "$wrong" ]; then
    printf '%s\n' "$wrong"
    echo "two units of a program may see this differently, and the linker keeps one of both: check"
    echo "always, or in the sources of the library"
    exit 1
fi
echo "$seen headers, none of which depends on the checks of its unit"
