#!/bin/sh
# replay.sh STRATA MAKE_TRACE: `strata replay` plays a trace on strategies, and tells the truth.
set -u
. "$(dirname "$0")/checks.sh"
strata=$(realpath "$1")
make_trace=$(realpath "$2")
work=$(mktemp -d "${TMPDIR:-/tmp}/strata replay.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset MALLOC_PERTURB_  # Meson sets it: glibc then writes to each byte of a block

# of['all'] by name
helpers="def named(name): return next(each for each in of['all'] if each['name'] == name)"

# --- a recorded program ---

cat >program.c <<'END'
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
static void* work(void* seed) {
    void* blocks[500] = {0};
    unsigned n = (unsigned)(size_t)seed;
    for (int i = 0; i != 20000; ++i) {
        n = n * 1103515245 + 12345;
        void** at = &blocks[(n >> 16) % 500];
        if (*at == 0) *at = (n & 64) ? malloc(16 + (n >> 20) % 300) : calloc(1, 40);
        else if (n & 32) *at = realloc(*at, 1 + (n >> 20) % 2000);
        else free(*at), *at = 0;
    }
    return 0;
}
/* All four are there from the first call to the last, so none takes the place of another. */
static pthread_barrier_t together;
static void* work_beside_others(void* seed) {
    free(malloc(8));
    pthread_barrier_wait(&together);
    work(seed);
    pthread_barrier_wait(&together);
    free(malloc(8));
    return 0;
}
int main(int count, char** arguments) {
    pthread_t threads[4];
    pthread_barrier_init(&together, 0, 4);
    for (int i = 0; i != 100; ++i) memset(malloc(40000), 1, 40000);
    for (size_t i = 0; i != 4 && count > 1; ++i)
        pthread_create(&threads[i], 0, work_beside_others, (void*)i);
    for (int i = 0; i != 4 && count > 1; ++i) pthread_join(threads[i], 0);
    work((void*)7);
    return 0;
}
END
${CC:-cc} -w -O1 -fno-builtin program.c -o program -pthread
expect "one thread" 0 "$strata" record -o one.trace -- ./program
expect "five threads" 0 "$strata" record -o five.trace -- ./program all

expect "a table" 0 "$strata" replay one.trace --rounds 2 --strategy pool \
    --strategy "arena > pages" --strategy "stats > concurrent_pool"
says out "program, process "
says out "in 1 thread, at most "
says out "2 rounds, each play in a fresh process, on a fresh heap; a byte of each cache line"
says out "arena > pages"
says out "The most that an allocator can save against glibc: "

# The program writes 4 MB and keeps it: what is resident is that, and little more.
expect "JSON" 0 "$strata" replay one.trace --rounds 2 --json --only --strategy pool --touch all
told "of['threads'] == 1 and of['waits'] == 0 and of['left_out'] == 0"
told "[each['name'] for each in of['all']] == ['glibc', 'pool']"
told "4e6 < of['most_live_bytes'] < 6e6"
for each in glibc pool; do
    told "0.95 < named('$each')['resident'] / of['most_live_bytes'] < 2"
    told "named('$each')['watched']['live'] == of['most_live_bytes']"
    told "named('$each')['watched']['usable'] >= of['most_live_bytes']"
    told "named('$each')['watched']['refused'] == 0"
    told "0 < named('$each')['watched']['p50'] <= named('$each')['watched']['worst']"
done
told "0 < named('pool')['watched']['upstream_calls'] < of['allocations'] / 5"
told "named('glibc')['of_glibc'] == {'median': 1.0, 'spread': 0.0}"
# Where all memory is in huge pages, a touch of one byte brings 2 MiB.
if ! grep -qF '[always]' /sys/kernel/mm/transparent_hugepage/enabled 2>/dev/null; then
    expect "nothing is touched" 0 "$strata" replay one.trace --rounds 1 --json --only --touch none
    told "named('glibc')['resident'] < of['most_live_bytes'] / 2"
fi

expect "threads" 0 "$strata" replay five.trace --rounds 2 --json --aged --work 3 \
    --strategy concurrent_pool --strategy "synchronized > pool"
told "of['threads'] == 5 and of['aged'] and of['work'] == 3"
told "named('synchronized > pool')['watched']['refused'] == 0"
expect "one thread for all" 0 "$strata" replay five.trace --rounds 1 --json --only --one-thread \
    --strategy pool
told "of['threads'] == 1 and of['waits'] == 0 and of['pause'] == 0"
expect "a pause" 0 "$strata" replay five.trace --rounds 1 --json --only --pause 7
told "of['pause'] == 7"
expect "a pause in the text" 0 "$strata" replay five.trace --rounds 1 --only --pause 7
says out "; a pause of 7 turns between two calls"

# --- a strategy that has too little ---

expect "too little" 0 "$strata" replay one.trace --rounds 1 --only \
    --strategy "limit(bytes=1MiB) > heap"
says out "limit(bytes=1MiB) > heap: refused "

# --- traces of resources and of random programs ---

for seed in 1 2 3; do
    "$make_trace" "$seed" 30000 "$((seed * 5))" >random.live
    expect "seed $seed" 0 "$strata" replay random.live --rounds 1 --json --only \
        --strategy concurrent_pool --strategy concurrent_arena
    told "of['calls'] > 0"
done
expect "standard input" 0 sh -c '"$1" pack random.live -o - | "$1" replay - --rounds 1 --only' \
    sh "$strata"

# --- a line of progress: on a terminal, and not with NO_COLOR ---

cat >on_terminal.py <<'END'
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
shown = b""
try:
    while part := os.read(terminal, 65536):
        shown += part
except OSError:  # so Linux tells the end
    pass
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(status))
END
expect "on a terminal" 0 env -u NO_COLOR python3 on_terminal.py "$strata" replay one.trace \
    --rounds 1 --only
says out "1 of 4: glibc"
expect "without colours" 0 env NO_COLOR=1 python3 on_terminal.py "$strata" replay one.trace \
    --rounds 1 --only
if grep -q "1 of 4" out; then wrong "$name" "a line of progress"; fi

# --- wrong uses: a message and a status ---

expect "one thread's strategy" 125 "$strata" replay five.trace --strategy pool
says err '"pool" serves one thread at a time, and the trace has 5'
expect "no strategy" 125 "$strata" replay one.trace --strategy "poool"
says err "poool"
expect "no trace" 125 "$strata" replay program.c
says err "expected a trace"
expect "no file" 125 "$strata" replay nothing.trace
says err "nothing.trace"
expect "no library" 125 "$strata" replay one.trace --preload ./nothing.so
says err "./nothing.so: there is no such library"
expect "no touch" 125 "$strata" replay one.trace --touch much
expect "no rounds" 125 "$strata" replay one.trace --rounds 0
head -c 10000 one.trace >cut.trace
expect "a cut trace" 125 "$strata" replay cut.trace --rounds 1
says err "cut.trace: offset "

# An allocator that ends the process: the others are told, and the status is not 0.
cat >bad.c <<'END'
#include <stdlib.h>
void* realloc(void* block, size_t size) { abort(); }
END
${CC:-cc} -w -shared -fPIC bad.c -o libbad.so
expect "an allocator that aborts" 125 "$strata" replay one.trace --rounds 1 --only \
    --preload ./libbad.so --strategy pool
says out "bad: ended by signal 6 (Aborted)"
says out "pool  "
says err "1 of 3 could not play the trace"

[ "$failures" -eq 0 ]
