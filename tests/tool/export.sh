#!/bin/sh
# export.sh STRATA PHASED_PROGRAM: `strata export` writes what other tools open, and they tell the
# figures that `strata info` tells.
set -u
. "$(dirname "$0")/checks.sh"
strata=$(realpath "$1")
phased_program=$(realpath "$2")
work=$(mktemp -d "${TMPDIR:-/tmp}/strata export.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# The peak is 900 bytes, which tools tell without rounding.
cat >program.c <<'END'
#include <stdlib.h>
static void* volatile kept;
__attribute__((noinline)) void* grows(int bytes) { return malloc(bytes); }
__attribute__((noinline)) void deep(int depth, int bytes) {
    if (depth == 0) free(malloc(bytes)); else deep(depth - 1, bytes);
    kept = kept;
}
int main(void) {
    void* first = grows(300);
    for (int i = 0; i != 10; ++i) deep(3, 50);
    first = realloc(first, 400);
    void* second = calloc(5, 100);
    free(first);
    kept = grows(20);
    free(second);
    return 0;
}
END
${CC:-cc} -w -g -O1 -fno-builtin -fno-optimize-sibling-calls program.c -o program
expect "a recording" 0 "$strata" record --stacks -o app.trace -- ./program
expect "its figures" 0 "$strata" info app.trace --json
cp out figures
helpers="
figures = json.load(open('figures'))
peak = figures['peak']['bytes']
allocated = figures['allocated']
left = figures['live_at_end']
assert peak == 900 and allocated == {'blocks': 13, 'bytes': 1420}
text = open('FILE').read()
"

# exports FORMAT OPTION...: exports the trace, to FILE.
exports() {
    rm -f FILE
    expect "--to $*" 0 "$strata" export app.trace -o FILE --to "$@"
}
# shows CONDITION: as `told`, of the exported file.
shows() {
    echo null >out
    told "$1"
}

sums="sum(int(line.rsplit(' ', 1)[1]) for line in text.splitlines())"
exports collapsed
shows "$sums == allocated['bytes']"
grep -q 'main (program.c:14);grows (program.c:3) 20$' FILE || wrong "$name" "no stack of grows"
exports collapsed --what blocks
shows "$sums == allocated['blocks']"
grep -q ';deep (program.c:5);deep (program.c:5);deep (program.c:5);deep (program.c:5) 10$' FILE ||
    wrong "$name" "no stack of deep"
exports collapsed --what live-at-peak
shows "$sums == peak"
exports collapsed --what leaked
shows "$sums == left['bytes'] == 20"

exports speedscope
cat >speedscope.py <<'END'
import json
of = json.load(open('FILE'))
assert of['$schema'] == 'https://www.speedscope.app/file-format-schema.json'
frames = of['shared']['frames']
assert all(set(each) <= {'name', 'file', 'line', 'col'} and each['name'] for each in frames)
for each in of['profiles']:
    assert each['type'] == 'sampled' and each['unit'] in ('bytes', 'none') and each['name']
    assert len(each['samples']) == len(each['weights'])
    assert each['startValue'] == 0 and each['endValue'] == sum(each['weights'])
    assert all(0 <= frame < len(frames) for stack in each['samples'] for frame in stack)
    assert all(frames[stack[-1]]['name'] in ('grows', 'deep', 'main') for stack in each['samples'])
print([each['endValue'] for each in of['profiles']])
END
expect "speedscope" 0 python3 speedscope.py
says out "[1420, 13, 900, 20]"
exports speedscope --what leaked
expect "one profile" 0 python3 speedscope.py
says out "[20]"

exports massif
shows "max(int(line[11:]) for line in text.splitlines() if line.startswith('mem_heap_B=')) == peak"
if command -v ms_print >/dev/null; then
    expect "ms_print" 0 ms_print FILE
    says out "(peak)"
    tr -s ' ' <out | grep -q ' 900 900 0 0$' || wrong "$name" "no snapshot of the peak"
    says out "55.56% (500B) 0x"
    says out "(program.c:12)"
    [ -s err ] && wrong "$name" "ms_print complains"
else
    echo "skipped: there is no ms_print, of Debian's package valgrind"
fi

exports heaptrack
if command -v heaptrack_print >/dev/null; then
    expect "heaptrack_print" 0 heaptrack_print -f FILE
    grep -q "Debuggee command was: .*/program$" out || wrong "$name" "no name of the program"
    says out "calls to allocation functions: 14 "
    says out "peak heap memory consumption: 900B"
    says out "total memory leaked: 20B"
    says out "/program.c:3"
    grep -q 'failed\|out of bounds' out err && wrong "$name" "heaptrack_print complains"
else
    echo "skipped: there is no heaptrack_print, of Debian's package heaptrack"
fi

exports dhat
cat >dhat.py <<'END'
import json
of = json.load(open('FILE'))
figures = json.load(open('figures'))
assert of['dhatFileVersion'] == 2 and of['mode'] == 'heap' and of['bklt'] and not of['bkacc']
assert all(of[each] for each in ('verb', 'tu', 'Mtu', 'tuth', 'cmd', 'pid')) and of['tg'] <= of['te']
assert of['ftbl'][0] == '[root]'
points = of['pps']
assert len({tuple(each['fs']) for each in points}) == len(points)
assert all(0 < frame < len(of['ftbl']) for each in points for frame in each['fs'])
def total(key):
    return sum(each[key] for each in points)
for key, figure in {'t': 'allocated', 'g': 'peak', 'e': 'live_at_end'}.items():
    assert {'blocks': total(key + 'bk'), 'bytes': total(key + 'b')} == figures[figure], figure
assert all(each['gb'] <= each['mb'] and each['eb'] <= each['mb'] and each['tl'] >= 0 for each in points)
END
expect "dhat" 0 python3 dhat.py
# Its call stacks are needed before the events: it reads the trace twice.
cp FILE from-file
expect "dhat of a pipe" 0 sh -c 'cat app.trace | "$0" export - --to dhat' "$strata"
cmp out from-file || wrong "$name" "not as of a file"
expect "dhat of standard input" 0 sh -c '"$0" export - --to dhat <app.trace' "$strata"
cmp out from-file || wrong "$name" "not as of a file"
mkfifo fifo
expect "dhat of a FIFO" 0 sh -c 'cat app.trace >fifo & "$0" export fifo --to dhat' "$strata"
cmp out from-file || wrong "$name" "not as of a file"
expect "dhat of a pipe by its number" 0 \
    sh -c 'cat app.trace | "$0" export /dev/fd/3 --to dhat 3<&0 </dev/null' "$strata"
cmp out from-file || wrong "$name" "not as of a file"
if command -v bash >/dev/null; then
    expect "dhat of a process" 0 bash -c '"$0" export <(cat app.trace) --to dhat' "$strata"
    cmp out from-file || wrong "$name" "not as of a file"
fi
expect "dhat of a FIFO without a trace" 125 \
    sh -c 'echo no >fifo & "$0" export fifo --to dhat' "$strata"
says err "strata: fifo: offset 0: expected a trace"
expect "dhat of an empty pipe" 125 sh -c ': | "$0" export - --to dhat' "$strata"
says err "standard input: offset 0: expected a trace"
expect "dhat of nothing" 125 sh -c '"$0" export - --to dhat </dev/null' "$strata"
says err "standard input: offset 0: expected a trace"
expect "dhat of a folder" 125 "$strata" export . --to dhat
says err ".: expected a trace, found a folder"

exports pprof
cat >pprof.py <<'END'
def varint(of, at):
    number = shift = 0
    while True:
        number |= (of[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if of[at - 1] < 128:
            return number, at
def fields(of):
    at, all = 0, {}
    while at != len(of):
        key, at = varint(of, at)
        value, at = varint(of, at)
        if key & 7 == 2:
            announced = value
            value, at = of[at:at + announced], at + announced
            assert len(value) == announced
        else:
            assert key & 7 == 0
        all.setdefault(key >> 3, []).append(value)
    return all
def packed(of):
    at, all = 0, []
    while at != len(of):
        number, at = varint(of, at)
        all.append(number)
    return all
of = fields(open('FILE', 'rb').read())
texts = [each.decode() for each in of[6]]
assert texts[0] == ''
types = [texts[fields(each)[1][0]] for each in of[1]]
functions = {fields(each)[1][0]: texts[fields(each)[2][0]] for each in of[5]}
locations = {fields(each)[1][0]: [functions[fields(line)[1][0]] for line in fields(each)[4]]
             for each in of[4]}
samples = [fields(each) for each in of[2]]
sums = [sum(each) for each in zip(*(packed(each[2][0]) for each in samples))]
print(dict(zip(types, sums)))
stacks = [sum((locations[each] for each in packed(sample[1][0])), []) for sample in samples]
assert any(stack[:2] == ['grows', 'main'] for stack in stacks), stacks
END
expect "pprof" 0 python3 pprof.py
says out "{'alloc_objects': 13, 'alloc_space': 1420, 'peak_objects': 2, 'peak_space': 900, 'inuse_objects': 1, 'inuse_space': 20}"

# Some versions of Go build pprof when it is first called.
if command -v go >/dev/null && go tool pprof -h 2>&1 | grep -q sample_index; then
    pprof() {
        expect "pprof $*" 0 go tool pprof -symbolize=none -unit=B "$@" FILE
        [ -s err ] && wrong "$name" "pprof complains"
    }
    pprof -top -sample_index=peak_space
    says out "Total samples = 900B"
    grep -Eq '^ +900B +100% +100% +900B +100%  main$' out || wrong "$name" "no sum of main"
    pprof -top -sample_index=alloc_space
    says out "Total samples = 1420B"
    grep -Eq '^ +500B .*  deep$' out || wrong "$name" "no sum of deep"
    grep -Eq '^ +320B .*  grows$' out || wrong "$name" "no sum of grows"
    pprof -raw
    grep -Eq ' grows .*/program\.c:3 ' out || wrong "$name" "no line of grows"
else
    echo "skipped: there is no pprof, of Debian's package golang-go"
fi

cat >live.py <<'END'
def most_live(events):
    live, now, most = {}, 0, 0
    for kind, block, size in events:
        before = live.pop(block, 0)
        live[block] = size if kind in ('allocate', 'reallocate') else 0
        now += live[block] - before
        most = max(most, now)
    return most, now
END
exports csv
expect "csv" 0 python3 -c "
import csv, live
rows = list(csv.DictReader(open('FILE')))
assert list(rows[0]) == 'microseconds thread event block size alignment form resource site text'.split()
print(live.most_live((each['event'], each['block'], int(each['size'])) for each in rows if each['block']))"
says out "(900, 20)"
exports json
expect "json" 0 python3 -c "
import json, live
rows = [json.loads(line) for line in open('FILE')]
assert rows[0]['trace'] == 1 and rows[0]['program'].endswith('/program')
events = [each for each in rows if 'event' in each]
assert rows[-1] == {'end': len(events)}
stacks = {each['site']: each['stack'] for each in rows if 'stack' in each}
first = next(each for each in events if each['event'] == 'allocate')
assert [each['function'] for each in stacks[first['site']]][:2] == ['grows', 'main'], stacks
print(live.most_live((each['event'], each['block'], each['size']) for each in events if 'block' in each))"
says out "(900, 20)"

exports perfetto
cat >perfetto.py <<'END'
import json, sys
all = json.load(open(sys.argv[1]))['traceEvents']
curves = {}
for each in all:
    assert each['ph'] in 'MXC' and 'pid' in each
    if each['ph'] == 'C':
        curves.setdefault(each['name'], []).append((each['ts'], each['args']['bytes']))
for curve in curves.values():
    assert [at for at, _ in curve] == sorted(at for at, _ in curve)
print({name: max(bytes for _, bytes in curve) for name, curve in curves.items()},
      {name: curve[-1][1] for name, curve in curves.items()},
      [each['name'] for each in all if each['ph'] == 'X'])
END
expect "perfetto" 0 python3 perfetto.py FILE
says out "{'live bytes': 900} {'live bytes': 20} []"
expect "a program with phases" 0 "$phased_program" phases.trace
expect "phases" 0 "$strata" export phases.trace --to perfetto -o phases.json
expect "slices" 0 python3 perfetto.py phases.json
says out "{'live bytes': 150} {'live bytes': 0} ['parse', 'parse']"

# --- where it goes ---

expect "standard output" 0 "$strata" export app.trace --to csv
says out "microseconds,thread"
expect "a pipe" 0 sh -c '"$0" export - --to collapsed <app.trace' "$strata"
says out "grows"
expect "a file that exists" 125 "$strata" export app.trace --to csv -o FILE
says err "FILE: exists; --force writes over it"
expect "a file that may be replaced" 0 "$strata" export app.trace --to csv -o FILE --force
says FILE "microseconds,thread"
expect "a full disk" 125 "$strata" export app.trace --to json -o /dev/full
says err "/dev/full: cannot be written: No space left on device"
expect "no format" 125 "$strata" export app.trace
says err "--to is required"
expect "no such format" 125 "$strata" export app.trace --to svg
expect "a figure of all formats" 125 "$strata" export app.trace --to dhat --what bytes
says err "--what: dhat shows all figures; expected --to collapsed or speedscope with it"
expect "no such trace" 125 "$strata" export missing.trace --to csv
says err "missing.trace"
head -c 300 app.trace >cut.trace
expect "a broken trace" 125 "$strata" export cut.trace --to csv -o cut.csv
says err "cut.trace: offset "
[ -e cut.csv ] && wrong "$name" "there is a file all the same"

# A command that waits for the end of the trace has begun to write its file.
cat >interrupted.py <<'END'
import glob, os, signal, subprocess, sys, time
trace = open('app.trace', 'rb').read()
def unfinished():
    return glob.glob('cut.out*')
def begin(each, way):
    running = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE,
                               preexec_fn=lambda: signal.signal(each, way))
    running.stdin.write(trace[:-20])
    running.stdin.flush()
    deadline = time.monotonic() + 60
    while running.poll() is None and not unfinished():
        assert time.monotonic() < deadline, f"{sys.argv[1:]} wrote no file within 60 s"
        time.sleep(0.01)
    running.send_signal(each)
    return running
for each in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGPIPE,
             signal.SIGXFSZ, signal.SIGXCPU, signal.SIGALRM):
    assert begin(each, signal.SIG_DFL).wait(60) == -each, each
    assert not unfinished(), (each, unfinished())
    patient = begin(each, signal.SIG_IGN)
    patient.stdin.write(trace[-20:])
    patient.stdin.close()
    assert patient.wait(60) == 0 and unfinished() == ['cut.out'], (each, unfinished())
    os.remove('cut.out')
END
ulimit -c 0  # some signals would leave a core
expect "an interrupted export" 0 python3 interrupted.py "$strata" export - --to csv -o cut.out
expect "an interrupted pack" 0 python3 interrupted.py "$strata" pack - -o cut.out

if command -v script >/dev/null; then
    expect "a terminal" 125 script -qec "'$strata' export app.trace --to pprof" /dev/null
    says out "pprof is binary, and standard output a terminal; expected -o FILE"
fi
expect "a sample" 0 "$strata" record --sample 100 --stacks -o sample.trace -- ./program
for format in collapsed speedscope massif heaptrack dhat perfetto pprof csv json; do
    expect "a sample to $format" 0 "$strata" export sample.trace --to $format -o sample.out --force
done

[ "$failures" -eq 0 ]
