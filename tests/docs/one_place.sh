#!/bin/sh
# one_place.sh ROOT LIBRARY COMPILER...
#
# Each option stands in one place of the sources: all defaults are changed there, in a copy, and
# texts, C++, what is built and the documentation follow.
set -u
root=$1
library=$2
shift 2
case $library in
    /*) ;;
    *) library=$PWD/$library ;;
esac
work=$(mktemp -d "${TMPDIR:-/tmp}/one_place.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -r "$root/include" "$root/src" "$root/docs" "$work" || exit 1

# Of each option: layer, name, header, its default there, another one, and that in a text.
cat >"$work/options" <<'END'
arena|first_chunk|strategies/arena_resource|first_chunk = 1000;|first_chunk = 2000;|2000
arena|growth|strategies/arena_resource|growth = 1.5;|growth = 2.5;|2.5
arena|largest_chunk|strategies/arena_resource|largest_chunk = std::numeric_limits<std::ptrdiff_t>::max();|largest_chunk = 4096;|4KiB
arena|reuse_last|strategies/arena_resource|reuse_last = false;|reuse_last = true;|true
concurrent_arena|first_chunk|strategies/concurrent_arena_resource|first_chunk = 16384;|first_chunk = 2048;|2KiB
concurrent_arena|growth|strategies/concurrent_arena_resource|growth = 1.5;|growth = 2.5;|2.5
concurrent_arena|largest_chunk|strategies/concurrent_arena_resource|largest_chunk = std::numeric_limits<std::ptrdiff_t>::max();|largest_chunk = 4096;|4KiB
concurrent_arena|largest_slab|strategies/concurrent_arena_resource|largest_slab = 65536;|largest_slab = 1024;|1KiB
pool|largest_block|strategies/pool_resource|largest_block = 16384;|largest_block = 8192;|8KiB
pool|max_blocks_per_chunk|strategies/pool_resource|max_blocks_per_chunk = std::size_t{1} << 20;|max_blocks_per_chunk = 1000;|1000
pool|first_chunk|strategies/pool_resource|first_chunk = 1024;|first_chunk = 2048;|2KiB
pool|largest_chunk|strategies/pool_resource|largest_chunk = std::size_t{1} << 20;|largest_chunk = 65536;|64KiB
pool|hardened|strategies/pool_resource|hardened = false;|hardened = true;|true
concurrent_pool|largest_block|strategies/concurrent_pool_resource|largest_block = 16384;|largest_block = 8192;|8KiB
concurrent_pool|max_blocks_per_chunk|strategies/concurrent_pool_resource|max_blocks_per_chunk = std::size_t{1} << 20;|max_blocks_per_chunk = 1000;|1000
concurrent_pool|first_chunk|strategies/concurrent_pool_resource|first_chunk = 16384;|first_chunk = 2048;|2KiB
concurrent_pool|largest_chunk|strategies/concurrent_pool_resource|largest_chunk = std::size_t{1} << 20;|largest_chunk = 65536;|64KiB
concurrent_pool|hardened|strategies/concurrent_pool_resource|hardened = false;|hardened = true;|true
bounded_time|capacity|strategies/bounded_time_resource|std::optional<std::size_t> capacity = {};|std::optional<std::size_t> capacity = 65536;|64KiB
pages|reserve|sources/page_resource|reserve = 0;|reserve = 65536;|64KiB
pages|huge|sources/page_resource|huge = huge_pages::none;|huge = huge_pages::transparent;|transparent
pages|guard|sources/page_resource|guard = false;|guard = true;|true
pages|populate|sources/page_resource|populate = false;|populate = true;|true
pages|keep|sources/page_resource|keep = 0;|keep = 4096;|4KiB
stats|on_destroy|adaptors/stats_resource|on_destroy = on_finding::ignore;|on_destroy = on_finding::report;|report
limit|bytes|adaptors/limit_resource|bytes = detail::quota::unlimited;|bytes = 65536;|64KiB
limit|blocks|adaptors/limit_resource|blocks = detail::quota::unlimited;|blocks = 100;|100
retry|attempts|adaptors/retry_resource|attempts = 3;|attempts = 4;|4
debug|fence|adaptors/debug_options|fence = 16;|fence = 32;|32
debug|quarantine|adaptors/debug_options|quarantine = std::size_t{1} << 20;|quarantine = 65536;|64KiB
debug|stack_depth|adaptors/debug_options|stack_depth = 1;|stack_depth = 2;|2
debug|on_finding|adaptors/debug_options|on_finding = strata::on_finding::abort;|on_finding = strata::on_finding::ignore;|ignore
debug|leaks|adaptors/debug_options|leaks = true;|leaks = false;|false
debug|at_exit|adaptors/debug_options|at_exit = false;|at_exit = true;|true
debug|concurrent|adaptors/debug_options|concurrent = false;|concurrent = true;|true
debug|one_thread|adaptors/debug_options|one_thread = false;|one_thread = true;|true
debug|guard|adaptors/debug_options|guard = guard_page::none;|guard = guard_page::ends;|ends
debug|faults|adaptors/debug_options|faults = true;|faults = false;|false
debug|fresh_fill|adaptors/debug_options|fresh_fill{0xCD};|fresh_fill{1};|1
debug|freed_fill|adaptors/debug_options|freed_fill = {};|freed_fill = std::byte{2};|2
debug|fence_fill|adaptors/debug_options|fence_fill{0xFB};|fence_fill{3};|3
END
python3 - "$work" <<'END' || exit 1
import pathlib, re, sys
work = pathlib.Path(sys.argv[1])
for row in (work / "options").read_text().splitlines():
    layer, option, header, usual, other, text = row.split("|")
    file = work / "include" / "strata" / (header + ".hpp")
    found = re.split(r"(?<![\w:])" + re.escape(usual), file.read_text())
    # A member is the first; what comes later is a member of the resource.
    if len(found) < 2:
        sys.exit(f"{header}.hpp: \"{usual}\", the default of {layer}'s {option}, is not there")
    file.write_text(found[0] + other + usual.join(found[1:]))
END

cat >"$work/main.cpp" <<'END'
#include <iostream>
#include <strata/strata.hpp>
static_assert(strata::pool{}.first_chunk == 2048);
static_assert(strata::limit{}.blocks == 100);
int main() {
    auto memory = strata::strategy::parse("pool").build();
    (void)memory.allocate(100);
    std::cout << memory.usage().reserved_bytes.value() << " bytes reserved\n";
}
END
# The program's list of kinds stands before the library's.
compile() {
    out=$1
    source=$2
    shift 2
    "$@" "-I$work/include" "-I$work/src" "-I$work/src/compose" "$source" \
        "$work/src/compose/built_in_layers.cpp" "$library" -o "$work/$out"
}
compile main "$work/main.cpp" "$@" || exit 1
compile layer_options "$work/docs/examples/layer_options.cpp" "$@" || exit 1

failures=0
expect() {
    grep -qF "$1" "$2" || {
        echo "expected \"$1\" in $(basename "$2")"
        failures=1
    }
}
LD_LIBRARY_PATH=$(dirname "$library")
export LD_LIBRARY_PATH
"$work/main" >"$work/built"
python3 "$work/docs/reference.py" "$work/layer_options"
"$work/layer_options" >"$work/texts"
expect '2048 bytes reserved' "$work/built"
while IFS='|' read -r layer option header usual other text; do
    for page in texts docs/reference.md; do
        awk -v layer="## $layer" '/^## / { inside = $0 == layer } inside' "$work/$page" \
            >"$work/section of $layer in $(basename "$page")"
        expect "$option=$text" "$work/section of $layer in $(basename "$page")"
        grep "^| \`$option\` " "$work/section of $layer in $(basename "$page")" >"$work/row of $option"
        expect "| \`$text\` |" "$work/row of $option"
    done
    grep "^| \`$layer(" "$work/docs/composing.md" >"$work/row of $layer"
    expect "$option=$text" "$work/row of $layer"
done <"$work/options"

# No option is missing in the list above.
sed -n -e 's/^## //p' -e 's/^| `\([a-z_]*\)` .*/| \1/p' "$work/texts" |
    awk '/^[a-z]/ { layer = $0 } /^\| / { print layer "|" $2 "|" }' >"$work/all"
while read -r row; do
    case $row in
        "stats|counting|" | "segregator|by|") ;; # of no description
        *) expect "$row" "$work/options" ;;
    esac
done <"$work/all"
exit $failures
