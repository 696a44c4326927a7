#!/bin/sh
# record.sh STRATA MALLOC_FAMILY: `strata record` changes nothing of a program, and records it.
set -u
. "$(dirname "$0")/checks.sh"
strata=$(realpath "$1")
malloc_family=$(realpath "$2")
work=$(mktemp -d "${TMPDIR:-/tmp}/strata record.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# figures FILE CONDITION: what `strata info --json` prints of the trace, as `of` in Python.
figures() {
    "$strata" info --json "$1" >json 2>err || wrong "$name" "no figures of $1"
    python3 -c "
import json, sys
of = json.load(open('json'))
assert $2, of" 2>>err || wrong "$name" "not so: $2"
}

# --- every promise of malloc, recorded ---

expect "the malloc family" 0 "$strata" record -o family.trace -- "$malloc_family" "an argument:"
says out "an argument: 0"
says err "strata: family.trace: malloc_family, process "
figures family.trace "of['allocated']['blocks'] > 80000"
figures family.trace "of['events']['missed_free'] == 0 and of['events']['dropped'] == 0"

# --- figures are those of the program ---

cat >counted.c <<'END'
#include <stdlib.h>
int main(void) {
    void* blocks[1000];
    for (int i = 0; i != 1000; ++i) blocks[i] = malloc(3000);
    blocks[0] = realloc(blocks[0], 5000000);
    blocks[1] = realloc(blocks[1], 100);
    for (int i = 0; i != 900; ++i) free(blocks[i]);
    return malloc(1ul << 60) == 0 ? 5 : 0;
}
END
${CC:-cc} -w -O0 -fno-builtin counted.c -o counted
expect "counts" 5 "$strata" record -- ./counted
# The loader has some blocks too.
figures counted.trace "1000 <= of['allocated']['blocks'] < 1020"
figures counted.trace "100 <= of['live_at_end']['blocks'] < 120"
figures counted.trace "0 <= of['peak']['bytes'] - (999 * 3000 + 5000000) < 10000"
figures counted.trace "of['events']['reallocate'] == 2 and of['events']['refused'] == 1"

# --- real programs: the output is as without ---

# same COMMAND...: as without; skipped if the program is not there.
same() {
    command -v "$1" >/dev/null || return 0
    timeout 120 "$@" >plain 2>&1
    wanted=$?
    expect "$1" "$wanted" "$strata" record --children --force -o same.trace -- "$@"
    grep -v '^strata: ' err | cat out - | cmp -s - plain || wrong "$name" "printed something else"
    "$strata" info same.trace >out 2>err || wrong "$name" "an unreadable trace"
    rm -f same.trace*
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
same sh -c 'exit 42'
same sh -c 'kill -TERM $$'
same sh -c 'kill -KILL $$'

# --- call stacks ---

expect "the malloc family, with call stacks" 0 \
    "$strata" record --stacks -o stacks.trace -- "$malloc_family" "an argument:"
says out "an argument: 0"
figures stacks.trace "of['events']['missed_free'] == 0 and of['events']['dropped'] == 0"
figures family.trace "of['call_sites'] == []"

# calls FILE FUNCTION CONDITION: the call site with the function, as `site` in Python; `calls` are the
# functions of its stack.
calls() {
    figures "$1" "[site for site in of['call_sites'] if site['name'].startswith('$2')
        for calls in [[call.get('function') for call in site['stack']]] if $3]"
}

cat >known.c <<'END'
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#define APART __attribute__((noinline, noclone))
static void* volatile kept;
APART void inner_function(int size) { kept = malloc(size); kept = realloc(kept, 2 * size); }
APART void outer_function(int size) { inner_function(size); __asm__ volatile("" ::: "memory"); }
APART void* in_a_thread(void* ignored) { kept = calloc(1, 20000); return ignored; }
APART void in_a_child(void) { kept = malloc(30000); }
APART void use(const char* plugin) {
    void* loaded = dlopen(plugin, RTLD_NOW);
    if (loaded == NULL) exit(9);
    ((void (*)(int))dlsym(loaded, "plugin_function"))(40000);
    dlclose(loaded);
}
int main(void) {
    pthread_t thread;
    outer_function(10000);
    pthread_create(&thread, NULL, in_a_thread, NULL);
    pthread_join(thread, NULL);
    for (int i = 0; i != 3; ++i) {
        use("./plugin_one.so");
        use("./plugin_two.so");
    }
    if (fork() == 0) {
        in_a_child();
        exit(0);
    }
    wait(NULL);
    return 0;
}
END
cat >plugin.c <<'END'
#include <stdlib.h>
static void* volatile kept;
static __attribute__((noinline)) void NAME(int size) { kept = malloc(size); }
void plugin_function(int size) { NAME(size); __asm__ volatile("" ::: "memory"); }
END
for each in one two; do
    ${CC:-cc} -w -g -O2 -fPIC -shared -DNAME="in_plugin_$each" plugin.c -o "plugin_$each.so"
done
${CC:-cc} -w -g -O2 -fomit-frame-pointer known.c -o known -ldl -pthread
expect "call stacks" 0 "$strata" record --stacks --children -o known.trace -- ./known
calls known.trace inner_function "calls[:3] == ['inner_function', 'outer_function', 'main']"
calls known.trace inner_function "site['name'] == 'inner_function (known.c:8)'"
calls known.trace inner_function "site['allocated'] == {'blocks': 1, 'bytes': 20000}"
calls known.trace inner_function "site['live'] == {'blocks': 1, 'bytes': 20000}"
calls known.trace in_a_thread "site['allocated'] == {'blocks': 1, 'bytes': 20000}"
calls known.trace in_plugin_one "site['allocated'] == {'blocks': 3, 'bytes': 120000}"
calls known.trace in_plugin_two "site['allocated'] == {'blocks': 3, 'bytes': 120000}"
calls known.trace in_plugin_two "calls[1:4] == ['plugin_function', 'use', 'main']"
calls "$(ls known.trace.*)" in_a_child "calls[:2] == ['in_a_child', 'main']"
expect "a table of call sites" 0 "$strata" info known.trace
says out "Call sites, by bytes live at the peak"
says out "inner_function (known.c:8)"
says out "from outer_function (known.c:9) < main (known.c:20)"

expect "a depth" 0 "$strata" record --stack-depth 2 --force -o known.trace -- ./known
calls known.trace inner_function "calls == ['inner_function', 'outer_function']"
expect "no depth" 125 "$strata" record --stack-depth 0 --force -o known.trace -- ./known

# Without debug information, and without symbols.
${CC:-cc} -w -O2 -rdynamic known.c -o stripped -ldl -pthread
expect "symbols alone" 0 "$strata" record --stacks -o known.trace --force -- ./stripped
calls known.trace "inner_function in stripped" "calls[:3] == ['inner_function', 'outer_function', 'main']"
${CC:-cc} -w -O2 -s known.c -o stripped -ldl -pthread
expect "no symbols" 0 "$strata" record --stacks -o known.trace --force -- ./stripped
calls known.trace "stripped+0x" "site['stack'][0]['build_id'] and len(calls) > 3"
# Another file at the path of a module has other names.
expect "another module" 0 "$strata" record --stacks --children -o known.trace --force -- \
    sh -c './known; cp plugin_two.so new && mv new plugin_one.so'
for each in known.trace.*; do
    "$strata" info --json "$each" >json 2>err
    ! grep -q 'plugin_one.so+0x' json || found=yes
done
[ "${found:-no}" = yes ] || wrong "$name" "names of another file"

cat >many.c <<'END'
#include <stdlib.h>
static void* volatile kept;
static __attribute__((noinline, noclone)) void branch(int depth) {
    if (depth == 0) {
        kept = malloc(1000);
        free(kept);
        return;
    }
    branch(depth - 1);
    branch(depth - 1);
    __asm__ volatile("" ::: "memory");
}
int main(void) {
    branch(20);
    return 0;
}
END
${CC:-cc} -w -O1 many.c -o many
expect "more calls than there are numbers" 0 "$strata" record --stacks -o many.trace -- ./many
calls many.trace branch "10000 < site['allocated']['blocks'] < 1024 * 1024"
expect "a full tree" 0 "$strata" info many.trace
says out "with 1,048,576 different calls the trace is full: later stacks are missing"

expect "call stacks of an interpreter" 0 "$strata" record --stacks -o python.trace -- \
    /usr/bin/python3 -c 'print(len([str(i) for i in range(20000)]))'
says out "20000"
figures python.trace "sum(site['allocated']['blocks'] for site in of['call_sites']) > \
of['events']['allocate'] / 2"  # small sites are left out; how many blocks, locale and packages decide
figures python.trace "any(len(site['stack']) > 8 for site in of['call_sites'])"

# --- a sample ---

# about FIGURE TRUTH VARIANCE: the estimate is within five standard deviations of the truth.
about() {
    figures sample.trace "abs(of$1 - $2) < 5 * ($3) ** 0.5"
}

# Of N bytes, an estimate has a variance of at most N times the mean distance. Of N blocks of a size,
# the estimate has one of at most N times the distance divided by the size.
cat >sampled.c <<'END'
#include <pthread.h>
#include <stdlib.h>
static void* kept[4][30000];
static void* work(void* number) {
    void** mine = kept[(long)number];
    for (int i = 0; i != 30000; ++i) mine[i] = malloc(400);
    for (int i = 0; i != 10000; ++i) free(calloc(1, 1000));
    return 0;
}
int main(void) {
    pthread_t threads[4];
    for (long i = 0; i != 4; ++i) pthread_create(&threads[i], 0, work, (void*)i);
    for (int i = 0; i != 4; ++i) pthread_join(threads[i], 0);
    for (int i = 0; i != 15000; ++i) free(kept[i % 4][i]);
    return malloc(1ul << 60) == 0 ? 5 : 0;
}
END
${CC:-cc} -w -O0 -fno-builtin sampled.c -o sampled -pthread
expect "a sample" 5 "$strata" record --sample 16KiB -o sample.trace -- ./sampled
says err "live at the peak: about "
figures sample.trace "of['sample_distance'] == 16384"
about "['allocated']['bytes']" "88e6" "88e6 * 16384"
about "['allocated']['blocks']" "160e3" "120e3 * 16384 / 400 + 40e3 * 16384 / 1000"
about "['live_at_end']['bytes']" "42e6" "42e6 * 16384"
about "['live_at_end']['blocks']" "105e3" "105e3 * 16384 / 400"
about "['freed_on_another_thread']" "15e3" "15e3 * 16384 / 400"
# Of 120,000 blocks of 400 bytes, about 2,900 are recorded; of 40,000 of 1,000 bytes about 2,400.
figures sample.trace "4000 < of['events']['allocate'] < 7000"
figures sample.trace "of['events']['deallocate'] + 1000 < of['events']['allocate']"
figures sample.trace "of['events']['unknown'] == 0 and of['events']['missed_free'] == 0"
figures sample.trace "of['events']['refused'] == 1 and of['refused_bytes'] > 0"
expect "info of a sample" 0 "$strata" info sample.trace
says out "a sample: one allocation in about 16.0 KiB. Blocks and bytes are estimates"
says out "Memory, about"
"$strata" info --json sample.trace >info.json
expect "top of a sample" 0 "$strata" top --json sample.trace
python3 -c "
import json
top, info = json.load(open('out')), json.load(open('info.json'))
assert top['sample_distance'] == 16384
assert {'blocks': top['blocks'], 'bytes': top['bytes']} == info['live_at_end'], top
assert sum(each['bytes'] for each in top['sizes']) == top['bytes'], top
assert sum(each['blocks'] for each in top['threads']) == top['blocks'], top" 2>>err ||
    wrong "$name" "other figures than those of strata info"
expect "top of a sample, as text" 0 "$strata" top sample.trace
says out "sampled, process "
says out ": about "
says out "a sample: one allocation in about 16.0 KiB"
expect "a sample, packed again" 0 "$strata" pack sample.trace -o again.trace
cmp -s sample.trace again.trace || wrong "$name" "another trace"
expect "a replay of a sample" 125 "$strata" replay sample.trace
says err "strata: sample.trace: is a sample: one allocation in about 16.0 KiB. It lacks most calls"
figures family.trace "of['sample_distance'] == 0"

# Blocks that grew by reallocations are as likely to be there as others of their size.
cat >growing.c <<'END'
#include <stdlib.h>
static void* kept[20000];
int main(void) {
    for (int i = 0; i != 20000; ++i)
        for (int size = 32; size <= 640; size += 32) kept[i] = realloc(kept[i], size);
    for (int i = 0; i != 20000; ++i)
        if (realloc(kept[i], 1ul << 60) != 0) return 1;
    for (int i = 0; i != 10000; ++i) free(kept[i]);
    return 0;
}
END
${CC:-cc} -w -O0 -fno-builtin growing.c -o growing
expect "blocks that grow" 0 "$strata" record --sample 4KiB --force -o sample.trace -- ./growing
about "['live_at_end']['bytes']" "6.4e6" "6.4e6 * 4096"
about "['peak']['bytes']" "12.8e6" "12.8e6 * 4096"
about "['live_at_end']['blocks']" "10e3" "10e3 * 4096 / 640"
about "['allocated']['bytes']" "20e3 * 32 * 210" "20e3 * 32 * 210 * 4096"
figures sample.trace "of['events']['unknown'] == 0 and of['events']['missed_free'] == 0"
figures sample.trace "of['events']['refused'] == 20000 and of['events']['reallocate'] == 0"

# With a mean distance of a byte, a block of 40 bytes is left out once in 10^17 times.
expect "a sample of everything" 5 "$strata" record --sample 1 --force -o counted.trace -- ./counted
figures counted.trace "1000 <= of['allocated']['blocks'] < 1022"
figures counted.trace "100 <= of['live_at_end']['blocks'] < 120"
figures counted.trace "0 <= of['peak']['bytes'] - (999 * 3000 + 5000000) < 10000"
expect "the malloc family, sampled" 0 \
    "$strata" record --sample 2B --children -o family.sample -- "$malloc_family" "an argument:"
says out "an argument: 0"
for each in family.sample*; do
    figures "$each" "of['events']['allocate'] > 50 and of['events']['unknown'] == 0"
    figures "$each" "of['events']['missed_free'] == 0 and of['events']['dropped'] == 0"
done

# Call stacks are captured for the blocks that are recorded.
expect "call stacks of a sample" 0 \
    "$strata" record --sample 100 --stacks --force -o known.trace -- ./known
calls known.trace inner_function "calls[:3] == ['inner_function', 'outer_function', 'main']"
calls known.trace inner_function "site['allocated'] == {'blocks': 2, 'bytes': 30000}"
calls known.trace inner_function "site['live'] == {'blocks': 1, 'bytes': 20000}"
calls known.trace in_a_thread "site['allocated'] == {'blocks': 1, 'bytes': 20000}"
expect "call stacks of few" 0 "$strata" record --sample 1MiB --stacks --force -o sample.trace -- ./many
about "['call_sites'][0]['allocated']['bytes']" "2**20 * 1000" "2**20 * 1000 * 2**20"
figures sample.trace "of['call_sites'][0]['name'].startswith('branch')"

# More blocks than there is always room for: a few are left out, and so are their frees.
cat >crowd.c <<'END'
#include <stdlib.h>
static void* kept[1200000];
int main(void) {
    unsigned n = 1;
    for (int i = 0; i != 1200000; ++i) {
        n = n * 1103515245 + 12345;
        kept[i] = malloc(40 + (n >> 16) % 200);
    }
    for (int i = 0; i != 1200000; ++i) free(kept[i]);
    return 0;
}
END
${CC:-cc} -w -O0 -fno-builtin crowd.c -o crowd
expect "a crowd of blocks" 0 "$strata" record --sample 1 -o crowd.trace -- ./crowd
says err "were not recorded"
figures crowd.trace "0 < of['dropped_events'] < 12000 and of['events']['unknown'] == 0"
figures crowd.trace "of['events']['allocate'] + of['dropped_events'] >= 1200000"
figures crowd.trace "of['live_at_end']['blocks'] < 100"

for each in 0 2GiB 64KB 1.5MiB -5 '' 99999999999999999999; do
    expect "a sample of \"$each\"" 125 "$strata" record --sample "$each" --force -- true
    says err "--sample: expected a size from 1 B to 1.0 GiB, such as 4096 or 64KiB, found \"$each\""
done
expect "a recording in a sampled one" 5 "$strata" record --sample 1GiB -o outer.trace -- \
    "$strata" record -o inner.trace -- ./counted
figures inner.trace "of['sample_distance'] == 0 and of['allocated']['blocks'] >= 1000"

# --- children, forks, signals ---

expect "children" 0 "$strata" record --children -o all.trace -- g++ -c program.cpp
ls all.trace.* >names || wrong "$name" "no traces of children"
says err "cc1plus"
expect "no children" 0 "$strata" record -o one.trace -- g++ -c program.cpp
[ "$(ls one.trace* | wc -l)" -eq 1 ] || wrong "$name" "more than one trace"
expect "a fork" 0 "$strata" record --children -o fork.trace -- /usr/bin/python3 -c '
import os
if os.fork() == 0:
    os._exit(len([str(i) for i in range(1000)]) != 1000)
print(os.wait()[1])'
says out "0"
[ "$(ls fork.trace* | wc -l)" -eq 2 ] || wrong "$name" "not a trace of parent and child each"
# The signal comes to all processes of the group, as from a terminal.
name="an interrupt"
timeout 60 /usr/bin/python3 - "$strata" >out 2>err <<'END' || wrong "$name" "it did not end so"
import os, signal, subprocess, sys

program = subprocess.Popen(
    [sys.argv[1], "record", "-o", "interrupted.trace", "--", "sh", "-c", "echo ready; sleep 50; exit 1"],
    stdout=subprocess.PIPE, start_new_session=True)
assert program.stdout.readline() == b"ready\n"
os.killpg(program.pid, signal.SIGINT)
assert program.wait() == -signal.SIGINT, program.returncode
END
figures interrupted.trace "of['allocated']['blocks'] > 0"

# A signal for the tool is for the program.
name="an end from outside"
timeout 60 /usr/bin/python3 - "$strata" >out 2>err <<'END' || wrong "$name" "it did not end so"
import signal, subprocess, sys

program = subprocess.Popen(
    [sys.argv[1], "record", "-o", "ended.trace", "--", "/usr/bin/python3", "-c",
     "import signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM]);"
     "print('ready', flush=True); signal.sigwait([signal.SIGTERM]); sys.exit(9)"],
    stdout=subprocess.PIPE)
assert program.stdout.readline() == b"ready\n"
program.send_signal(signal.SIGTERM)
assert program.wait() == 9, program.returncode
END
figures ended.trace "of['allocated']['blocks'] > 0"
expect "a closed output" 0 sh -c 'exec "$@" >&-' sh "$strata" record -o closed.trace -- \
    sh -c 'echo lost 2>/dev/null; exit 0'
figures closed.trace "of['allocated']['blocks'] > 0"

# --- what it refuses, and what is left then ---

expect "a file that exists" 125 "$strata" record -o one.trace -- true
says err "strata: one.trace: exists; --force writes over it"
expect "over a file that exists" 0 "$strata" record --force -o one.trace -- true
expect "no such folder" 125 "$strata" record -o no/folder.trace -- true
says err "no/folder.trace: cannot be written: No such file or directory"
expect "no such program" 127 "$strata" record -- ./no_such_program
says err "./no_such_program: there is no such program"
expect "a folder for a program" 127 "$strata" record -- /
expect "a file that is not to be run" 126 "$strata" record -- ./program.cpp
says err "./program.cpp: cannot be run: Permission denied"
echo 'int main(void) { return 0; }' >static.c
if ${CC:-cc} -static static.c -o static 2>/dev/null; then
    expect "a static program" 126 "$strata" record -- ./static
    says err "is linked statically"
fi
expect "no program" 125 "$strata" record
expect "no room for the trace" 7 sh -c 'ulimit -f 64; exec "$@"' sh "$strata" record -- sh -c 'exit 7'
says err "is not recorded"
says err "strata: nothing was recorded"
for each in *; do
    [ ! -d "$each" ] || wrong "folders" "one is left: $each"
done

[ "$failures" -eq 0 ]
