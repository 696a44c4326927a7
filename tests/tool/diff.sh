#!/bin/sh
# diff.sh STRATA: `strata diff` tells what became more or less between two traces.
set -u
. "$(dirname "$0")/checks.sh"
strata=$(realpath "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/strata diff.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# has TEXT...: a line of the output has these words, with any blanks between them.
has() {
    tr -s ' ' <out | grep -qF -- "$*" || wrong "$name" "no \"$*\""
}

# The second build has another line before, so that all lines and addresses differ.
cat >program.c <<'END'
#include <stdlib.h>
#ifdef LATER
static int more;
#endif
static void* volatile kept;
__attribute__((noinline)) void grows(int count) {
    for (int i = 0; i != count; ++i) free(malloc(1000));
}
__attribute__((noinline)) void stays(void) {
    for (int i = 0; i != 50; ++i) free(malloc(3000));
}
__attribute__((noinline)) void goes(void) { kept = malloc(70000); }
__attribute__((noinline)) void comes(void) { kept = malloc(20000); }
__attribute__((noinline)) void hardly(int bytes) { free(malloc(bytes)); }
int main(void) {
#ifdef LATER
    grows(300), stays(), comes(), hardly(110);
#else
    grows(100), stays(), goes(), hardly(100);
#endif
    return 0;
}
END
for each in before after; do
    later=$([ $each = before ] || echo -DLATER)
    ${CC:-cc} -w -g -O1 -fno-builtin -fno-optimize-sibling-calls $later program.c -o $each
    expect "recording $each" 0 "$strata" record --stacks -o $each.trace -- ./$each
done

expect "a comparison" 0 "$strata" diff before.trace after.trace
has "before: before.trace"
has "after: after.trace"
has "allocations 152 352 +200 +131.6 %"
has "most blocks 2 2 0 0.0 %"
has "peak 68.5 KiB 19.6 KiB -48.8 KiB -71.3 %"
has "leaks 1 1 0 0.0 %"
has "Bytes allocated, by call site before after change"
has "grows 97.7 KiB 293.0 KiB +195.3 KiB +200.0 %"
has "goes 68.4 KiB 0 B -68.4 KiB gone"
has "comes 0 B 19.5 KiB +19.5 KiB new"
has "and 1 smaller change"
grep -q stays out && wrong "$name" "what stayed the same is shown"
has "Blocks allocated, by size before after change"
has "from 512 B 100 300 +200 +200.0 %"
has "Bytes not freed, by call site"

expect "noise" 0 "$strata" diff before.trace after.trace --noise 0
has "hardly 100 B 110 B +10 B +10.0 %"
expect "only large changes" 0 "$strata" diff before.trace after.trace --noise 30
grep -q '^comes' out && wrong "$name" "a small change is shown"
expect "the same trace" 0 "$strata" diff before.trace before.trace
grep -q 'by call site' out && wrong "$name" "changes of the same trace"

expect "JSON" 0 "$strata" diff before.trace after.trace --json
python3 -c "
import json
of = json.load(open('out'))
assert of['before'] == 'before.trace' and of['after'] == 'after.trace'
whole = {each['name']: each for each in of['whole']}
assert whole['allocations'] == {'name': 'allocations', 'before': 152.0, 'after': 352.0}
sites = next(each for each in of['sections'] if each['title'] == 'Bytes allocated, by call site')
assert [each['name'] for each in sites['changes']] == ['grows', 'goes', 'comes']
assert sites['noise'] == 1" || wrong "$name" "not so"

expect "a pipe" 0 sh -c '"$0" diff - after.trace <before.trace' "$strata"
expect "two pipes" 125 "$strata" diff - -
says err "standard input is one trace"
expect "no such trace" 125 "$strata" diff before.trace missing.trace
says err "missing.trace"
expect "one trace" 125 "$strata" diff before.trace
expect "too much noise" 125 "$strata" diff before.trace after.trace --noise 101

[ "$failures" -eq 0 ]
