#!/bin/sh
# layers.sh [ROOT]: the law of folders (docs/architecture.md). A folder under include/strata or src
# may include itself and the folders before it in this list; what includes more fails.
set -u
root=${1:-$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)}
cd "$root" || exit 1

find include/strata src -type f \( -name '*.hpp' -o -name '*.cpp' -o -name '*.h' \) -exec awk '
    BEGIN {
        order = "detail threads diagnostics trace core containers sources strategies adaptors compose " \
            "interop testing tool"
        for (count = split(order, folders, " "); count > 0; --count) {
            rank[folders[count]] = count
        }
    }

    function wrong(why) {
        print FILENAME ":" FNR ": " why
    }

    FNR == 1 {
        from = FILENAME
        sub(/^include\/strata\//, "", from)
        sub(/^src\//, "", from)
        if (!sub(/\/.*/, "", from)) {
            from = "" # strata.hpp itself: it includes everything
        } else if (!(from in rank)) {
            wrong("the folder " from " has no place in the law: " order)
        }
    }

    /^[ \t]*#[ \t]*include[ \t]*["<]/ {
        path = $0
        sub(/^[^"<]*["<]/, "", path)
        sub(/[">].*/, "", path)
        if (path ~ /\.\.\//) {
            wrong(path " hides its folder; write <strata/...>")
        }
        if (path !~ /^strata\// && (FILENAME !~ /^src\// || path !~ /^(tool\/)?[a-z]+\/[a-z_]+\.hpp$/ ||
            $0 !~ /"/)) {
            next
        }
        print "seen"
        to = path
        sub(/^strata\//, "", to)
        if (!sub(/\/.*/, "", to)) {
            if (from != "") {
                wrong("includes all of the library; include what is used")
            }
        } else if (!(to in rank)) {
            wrong("the folder " to " has no place in the law: " order)
        } else if (from == "" ? to == "testing" : rank[to] > rank[from]) {
            wrong((from == "" ? "the library" : from) " may not include " to)
        }
    }
' {} + | awk '
    $0 == "seen" { ++seen; next }
    { print; ++wrong }
    END {
        if (seen == 0) {
            print "no include of the library was found: was this run in the right place?"
        }
        print seen + 0 " includes, " wrong + 0 " against the law"
        exit (wrong > 0 || seen == 0)
    }
'
