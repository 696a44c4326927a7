#!/bin/sh
# run.sh STRATA MALLOC_FAMILY: `strata run` serves programs as malloc would, and says what it cannot.
set -u
. "$(dirname "$0")/checks.sh"
strata=$(realpath "$1")
malloc_family=$(realpath "$2")
sources=$(realpath "$(dirname "$0")")
work=$(mktemp -d "${TMPDIR:-/tmp}/strata_run.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# --- every promise of malloc, on every kind of strategy ---

while read -r strategy; do
    expect "malloc on $strategy" 0 \
        "$strata" run --strategy "$strategy" -- "$malloc_family" "an argument:"
    says out "an argument: 0"
    says out "the end"
    [ ! -s err ] || wrong "$name" "printed more than the program"
done <<'END'
heap
pages
concurrent_pool
concurrent_pool > pages(reserve=1GiB)
concurrent_pool(hardened=true, largest_block=512) > heap
concurrent_arena > pages
synchronized > pool > arena
synchronized > bounded_time(capacity=64MiB) > pages
segregator(256, concurrent_pool, fallback(concurrent_pool(largest_block=1KiB), pages))
stats > limit(bytes=1GiB) > concurrent_pool
debug(concurrent=true) > heap
END

# --- real programs, with children and threads: the output is as without ---

# same COMMAND...: as without, on two strategies; skipped if the program is not there.
same() {
    command -v "$1" >/dev/null || return 0
    timeout 120 "$@" >plain 2>&1
    wanted=$?
    for strategy in "concurrent_pool > pages" "debug(concurrent=true) > heap"; do
        expect "$1 on $strategy" "$wanted" "$strata" run --strategy "$strategy" -- "$@"
        cat out err | cmp -s - plain || wrong "$name" "printed something else"
    done
}

seq 200000 >numbers
same sort -R --random-source=numbers numbers
same sh -c 'xz -T2 -c numbers | xz -dc | tail -n 1'
same perl -e 'my %h; $h{$_ % 997} .= $_ for 1 .. 100000; print length $h{5}, "\n"'
same /usr/bin/python3 -c '
import json, threading
def work(): json.loads(json.dumps([{"n": i, "s": str(i)} for i in range(20000)]))
threads = [threading.Thread(target=work) for i in range(4)]
[each.start() for each in threads]; [each.join() for each in threads]
print(sum(range(100)))'
same git --version
same tar -cf /dev/null numbers
echo 'int main() { return 3; }' >program.cpp
same g++ -O1 program.cpp -o program
same ./program
for own in NEITHER OWN_NEW OWN_DELETE; do
    ${CXX:-g++} -std=c++20 -w -O1 -D$own "$sources/operators.cpp" -o operators-$own || exit 1
    same ./operators-$own
done
same sh -c 'exit 42'
same sh -c 'kill -TERM $$'

# --- what it tells ---

expect "figures" 0 "$strata" run --stats --json figures -- "$malloc_family"
says err "strata: malloc of malloc_family (process "
says err "allocated"
python3 - "$malloc_family" <<'END' || wrong "figures" "not as they should be in JSON"
import json, sys

lines = [json.loads(line) for line in open("figures")]
assert len(lines) == 1, lines
assert lines[0]["program"] == "malloc_family" and lines[0]["strategy"].endswith("heap"), lines
assert lines[0]["stats"]["allocations"] > 80_000, lines
END
expect "figures on standard output" 0 "$strata" run --json - -- true
says out '"program": "true"'
expect "figures of children" 0 "$strata" run --json children -- /usr/bin/python3 -c \
    'import subprocess; [subprocess.run(["/bin/true"]) for _ in "12"]'
[ "$(wc -l <children)" -eq 3 ] || wrong "figures of children" "not three"
expect "figures that cannot be written" 0 "$strata" run --json no/such/folder -- true
says err "no/such/folder: No such file or directory"

cat >limited.c <<'END'
#include <stdlib.h>
int main(void) { return malloc(2000000) == 0 && malloc(10) != 0 ? 9 : 0; }
END
${CC:-cc} -w -O0 -fno-builtin limited.c -o limited
expect "a limit" 9 "$strata" run --limit 1MiB -- ./limited
expect "no limit" 0 "$strata" run -- ./limited

cat >faulty.c <<'END'
#include <stdlib.h>
#include <string.h>
int main(int count, char** arguments) {
    char* block = malloc(10);
    if (count == 1) block[10] = 1;
    free(block);
    if (count == 2) free(block);
    if (count == 3) block[3] = 7;
    return strdup("lost, and found at the end") == 0;
}
END
${CC:-cc} -w -O0 -g -fno-builtin faulty.c -o faulty
expect "an overflow" 0 "$strata" run --debug -- ./faulty
says err "memory after a block was overwritten"
says err "at main (faulty.c:6)"
says err "1 block"
expect "a double free" 0 "$strata" run --debug -- ./faulty 2
says err "a block is freed twice"
says err "at main (faulty.c:7)"
expect "a write after free" 0 "$strata" run --debug -- ./faulty 2 3
says err "a block was written to after it was freed"
expect "no block of malloc" 134 "$strata" run --strategy "concurrent_pool" -- ./faulty 2
says err "misuse: free of "

mkdir "a blank"
cp "$strata" "$(dirname "$strata")/libstrata_malloc.so" "a blank"
expect "a path with a blank" 0 env LD_LIBRARY_PATH="$(dirname "$strata")/.." \
    "a blank/strata" run --stats -- /bin/true
says err "strata: malloc of true"

# --- what it cannot ---

expect "no such program" 127 "$strata" run -- no_such_program
says err "no_such_program: there is no such program in PATH"
expect "no program" 126 "$strata" run -- /etc/passwd
says err "/etc/passwd: cannot be run: Permission denied"
expect "no strategy" 125 "$strata" run --strategy "pol > heap" -- true
says err 'there is no layer "pol"; did you mean "pool"?'
expect "no size" 125 "$strata" run --limit much -- true
expect "no command" 125 "$strata" run
expect "one thread at a time" 125 "$strata" run --strategy pool -- true
says err 'write "synchronized > pool"'
expect "one thread at a time, as wished" 0 "$strata" run --one-thread --strategy pool -- true
if ${CC:-cc} -static limited.c -o static_one 2>err; then
    expect "a static program" 126 "$strata" run -- ./static_one
    says err "is linked statically"
fi
cat >own.c <<'END'
#include <stddef.h>
static char memory[1 << 22];
static size_t used;
void* malloc(size_t size) {
    void* block = memory + used;
    used += (size + 15) / 16 * 16;
    return block;
}
void free(void* block) {}
void* calloc(size_t count, size_t size) { return malloc(count * size); }
void* realloc(void* block, size_t size) { return malloc(size); }
int main(void) { return malloc(10) == 0; }
END
${CC:-cc} -w -O0 -fno-builtin own.c -o own
expect "a malloc of its own" 0 "$strata" run -- ./own
says err "own has a malloc of its own"

[ "$failures" -eq 0 ]
