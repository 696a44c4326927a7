#!/bin/sh
# import.sh STRATA: `strata import` makes traces of recordings of heaptrack and of mtrace, which
# other commands take.
set -u
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
. "$here/checks.sh"
strata=$(realpath "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/strata import.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# has BLOCKS BYTES PEAK LEFT: what `strata info` tells of the trace app.trace.
has() {
    expect "$name: its figures" 0 "$strata" info app.trace --json
    told "of['allocated'] == {'blocks': $1, 'bytes': $2}"
    told "of['peak']['bytes'] == $3 and of['live_at_end']['bytes'] == $4"
}
# plays CALLS: the trace can be replayed.
plays() {
    expect "$name: a replay" 0 "$strata" replay app.trace --only --rounds 1 --json
    told "of['calls'] == $1"
}

# --- heaptrack ---

# Of a program that allocates 72,704 bytes before main; 100 three times in `grow`; 50 five times; it
# frees one of 100 and allocates 300 for it, and at last 80.
cp "$here/recordings/heaptrack.txt" app.txt
expect "heaptrack" 0 "$strata" import app.txt -o app.trace
says out "app.trace: 18 events in "
has 11 73634 73284 580
told "of['program'] == './p' and [each['name'] for each in of['call_sites'] if 'grow' in each['name']] == ['grow (p.c:3)']"
plays 18
expect "a file that exists" 125 "$strata" import app.txt -o app.trace
says err "app.trace: exists; --force writes over it"
expect "a pipe" 0 sh -c '"$0" import - -o - <app.txt >app.trace' "$strata"
says err "standard output: 18 events"
has 11 73634 73284 580
if command -v zstd >/dev/null; then
    zstd -q app.txt -o packed.zst
    expect "a compressed recording" 0 "$strata" import packed.zst
    says out "packed.trace: 18 events"
fi

# --- there and back ---

cat >program.c <<'END'
#include <mcheck.h>
#include <stdlib.h>
static void* volatile kept;
__attribute__((noinline)) void* grows(int bytes) { return malloc(bytes); }
int main(void) {
    mtrace();
    void* first = grows(300);
    for (int i = 0; i != 10; ++i) free(grows(50));
    first = realloc(first, 400);
    void* second = calloc(5, 100);
    free(first);
    kept = grows(20);
    kept = realloc(kept, (size_t)1 << 60) ? 0 : kept;
    free(second);
    return 0;
}
END
${CC:-cc} -w -g -O1 -fno-builtin -fno-optimize-sibling-calls program.c -o program
expect "a recording" 0 "$strata" record --stacks -o recorded.trace -- ./program
expect "to heaptrack" 0 "$strata" export recorded.trace --to heaptrack -o back.txt
expect "and back" 0 "$strata" import back.txt -o app.trace --force
# A reallocation is a free and an allocation there.
has 14 1720 900 20
told "[each['name'] for each in of['call_sites']][:2] == ['grows (program.c:4)', 'main (program.c:10)']"

if command -v heaptrack >/dev/null; then
    heaptrack -o real ./program >/dev/null 2>&1
    if [ -s real.zst ]; then
        expect "a recording of this heaptrack" 0 "$strata" import real.zst
        expect "its figures" 0 "$strata" info real.trace --json
        told "{'blocks': 12, 'bytes': 820} in [
    each['allocated'] for each in of['call_sites'] if each['name'] == 'grows (program.c:4)']"
    else
        echo "skipped: heaptrack records nothing here, or does not compress with zstd"
    fi
else
    echo "skipped: there is no heaptrack, of Debian's package heaptrack"
fi

# --- mtrace ---

# The function is in a library of glibc's own, that only programs without other mallocs can have.
debugging=$(ldconfig -p 2>/dev/null | sed -n 's/.*=> \(.*libc_malloc_debug.so.0\)$/\1/p' | head -1)
MALLOC_TRACE=$PWD/calls LD_PRELOAD=$debugging ./program
if [ -s calls ]; then
    expect "mtrace" 0 "$strata" import calls --from mtrace -o app.trace --force
    has 13 1420 900 20
    told "of['events']['refused'] == 1 and of['events']['reallocate'] == 1"
    told "of['program'] == 'calls'"
    plays 26
else
    echo "skipped: mtrace writes nothing here"
fi
cat >calls <<'END'
= Start
@ ./app:(grow+0x1d)[0x1190] + 0x5654202484a0 0x64
@ ./app:[0x119e] + 0x565420248510 0x32
@ ./app:[0x11a6] - 0x565420248510
@ ./app:[0x11b7] < 0x5654202484a0
@ ./app:[0x11b7] > 0x565420248550 0x12c
= End
END
expect "a file of mtrace" 0 "$strata" import calls -o app.trace --force
has 2 350 300 300
told "of['call_sites'][0]['name'] == 'app+0x11b6'"

# --- what is wrong ---

printf 'v 10400 3\na 10 0\n+ 7\n' >wrong
expect "a wrong number" 125 "$strata" import wrong -o wrong.trace
says err "strata: wrong:3: expected the number of an allocation before it, of which there are 1; found 7"
[ -e wrong.trace ] && wrong "$name" "there is a trace all the same"
expect "no recording" 125 "$strata" import program.c
says err "strata: program.c:1: expected a recording of heaptrack, which begins with \"v \", or of mtrace"
expect "the wrong format" 125 "$strata" import calls --from heaptrack -o x.trace
says err "strata: calls:1: expected \"v\" and the version of heaptrack"
expect "no file" 125 "$strata" import missing
says err "missing: cannot be read: No such file or directory"
expect "a folder" 125 "$strata" import .
says err ".: expected a recording, found a folder"
expect "no name" 125 sh -c '"$0" import - <calls' "$strata"
says err "expected -o FILE: standard input has no name to make one of"
expect "no such format" 125 "$strata" import calls --from valgrind

[ "$failures" -eq 0 ]
