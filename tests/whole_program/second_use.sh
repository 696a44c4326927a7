#!/bin/sh
# second_use.sh LIBRARY INCLUDE COMPILER...
#
# A program with STRATA_GLOBAL_RESOURCE in one source file links, with it in two it does not, and the
# linker's message says why.
set -u
library=$1
include=$2
shift 2
work=$(mktemp -d "${TMPDIR:-/tmp}/second_use.XXXXXX")
trap 'rm -rf "$work"' EXIT

for name in first second; do
    cat >"$work/$name.cpp" <<END
#include <strata/interop/global_new.hpp>
STRATA_GLOBAL_RESOURCE(*strata::system_heap());
END
    "$@" -I"$include" -c "$work/$name.cpp" -o "$work/$name.o" || exit 1
done
echo 'int main() { delete new int{1}; }' >"$work/main.cpp"

link() {
    "$@" "$library" -o "$work/program" 2>&1
}
link "$@" "$work/main.cpp" "$work/first.o" || { echo "one use does not link"; exit 1; }
if output=$(link "$@" "$work/main.cpp" "$work/first.o" "$work/second.o"); then
    echo "two uses link"
    exit 1
fi
printf '%s\n' "$output" | grep -q STRATA_GLOBAL_RESOURCE_may_stand_in_one_source_file_only || {
    printf 'the linker does not say why:\n%s\n' "$output"
    exit 1
}
