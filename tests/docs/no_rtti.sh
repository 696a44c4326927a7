#!/bin/sh
# no_rtti.sh [ROOT]: nothing is asked of an object through `dynamic_cast` or `typeid` that the user's
# program may have made, since that may be compiled with -fno-rtti. What is allowed is listed here.
set -u
root=${1:-$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)}
cd "$root" || exit 1

# file: text that the line has
allowed='src/interop/boost_pmr.cpp: *type == typeid(Kind)' # of a type, not of an object

seen=$(find include/strata src -type f \( -name '*.hpp' -o -name '*.cpp' \) | wc -l)
[ "$seen" -gt 100 ] || { echo "only $seen files: was this run in the right place?"; exit 1; }

wrong=$(
    find include/strata src -type f \( -name '*.hpp' -o -name '*.cpp' \) -exec awk -v allowed="$allowed" '
        BEGIN { split(allowed, entries, "\n") }
        {
            code = $0
            sub(/[ \t]*\/\/.*/, "", code)
            if (code !~ /(^|[^A-Za-z0-9_])(dynamic_cast|dynamic_pointer_cast|typeid)[ \t]*[<(]/) {
                next
            }
            for (each in entries) {
                at = index(entries[each], ": ")
                if (FILENAME == substr(entries[each], 1, at - 1) &&
                    index($0, substr(entries[each], at + 2)) != 0) {
                    next
                }
            }
            print FILENAME ":" FNR ": " $0
        }
    ' {} +
)
if [ -n "$wrong" ]; then
    printf '%s\n' "$wrong"
    echo "an object of the program's may have no RTTI: ask detail::as_resource, detail::part_of or"
    echo "detail::type_of, or list the line in $0 if no such object can come here"
    exit 1
fi
echo "$seen files, none of which needs the RTTI of the program's objects"
