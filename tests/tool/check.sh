#!/bin/sh
# check.sh STRATA PHASED_PROGRAM: `strata check` holds traces to budgets.
set -u
. "$(dirname "$0")/checks.sh"
strata=$(realpath "$1")
phased_program=$(realpath "$2")
work=$(mktemp -d "${TMPDIR:-/tmp}/strata check.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

cat >program.c <<'END'
#include <stdlib.h>
static void* volatile kept[3];
int main(void) {
    for (int i = 0; i != 10; ++i) free(malloc(1000));
    for (int i = 0; i != 3; ++i) kept[i] = malloc(4096);
    free(kept[0]);
    return 0;
}
END
${CC:-cc} -w -O0 -fno-builtin program.c -o program
expect "a recording" 0 "$strata" record -o app.trace -- ./program

# --- what holds, and what does not ---

expect "all hold" 0 "$strata" check app.trace -e 'peak<=12KiB' -e 'peak>=12288' -e 'leaks=2' \
    -e 'leaked_bytes == 8192' -e 'allocations<14' -e 'allocations > 12' -e 'most_blocks=3' \
    -e 'allocated=22288B' -e 'refused=0' -e 'allocations<=13.5'
says out "app.trace"
says out "  ok  peak<=12KiB           12.0 KiB"
expect "some do not" 1 "$strata" check app.trace -e 'leaks=0' -e 'peak<1MiB' -e 'allocations<=12'
says out "  FAILED  leaks=0          2, expected exactly 0"
says out "  FAILED  allocations<=12  13, expected at most 12"
says out "  ok      peak<1MiB"
says err "strata: app.trace: 2 budgets of 3 not held"
expect "a pipe" 0 sh -c '"$0" check - -e "leaks=2" <app.trace' "$strata"

# --- a program instead of a trace ---

mkdir tmp
export TMPDIR="$work/tmp"
expect "a program that holds" 0 "$strata" check -e 'leaks=2' -e 'peak<=12KiB' -- ./program
says out "./program"
says out "  ok  leaks=2"
expect "one that does not" 1 "$strata" check -e 'leaks=0' --json -- ./program "an argument"
told "of['trace'] == './program' and not of['holds']"
expect "one that prints" 0 "$strata" check -e 'leaks>=0' --json -- echo something
told "of['trace'] == 'echo'"
says err "something"
expect "one that fails" 125 "$strata" check -e 'leaks=2' -- sh -c 'exit 3'
says err "sh: ended with status 3: nothing was checked"
expect "one that is killed" 125 "$strata" check -e 'leaks=2' -- sh -c 'kill -9 $$'
says err "sh: ended by signal 9: nothing was checked"
expect "one that is not there" 125 "$strata" check -e 'leaks=2' -- ./missing
says err "./missing"
expect "two traces" 125 "$strata" check app.trace app.trace -e 'leaks=2'
says err "app.trace: expected one trace, or a program after --"
[ -z "$(ls tmp)" ] || wrong "$name" "something is left in a temporary folder"
unset TMPDIR

cat >budgets <<'END'
# what this program may do
peak<=12KiB

  leaks = 2
allocations<=1
END
expect "a file" 1 "$strata" check app.trace --budgets budgets
says out "FAILED  allocations<=1"
says out "ok      leaks = 2"
printf 'leaks=2\nleeks=2\n' >wrong
expect "a wrong file" 125 "$strata" check app.trace --budgets wrong
says err 'strata: wrong:2: "leeks=2": there is no figure "leeks"; there are: "peak", "most_blocks"'

# --- for other programs ---

expect "JSON" 1 "$strata" check app.trace -e 'leaks=0' -e 'peak<=12KiB' --json
python3 -c "
import json
of = json.load(open('out'))
assert of['holds'] is False and of['trace'] == 'app.trace'
assert of['budgets'][0] == {'budget': 'leaks=0', 'measured': 2.0, 'bound': 0.0, 'holds': False}
assert of['budgets'][1]['holds'] and of['budgets'][1]['measured'] == 12288" || wrong "$name" "not so"
expect "annotations" 1 "$strata" check app.trace -e 'leaks=0' -e 'peak<=12KiB' --github
says out "::error title=strata check app.trace::leaks=0: 2, expected exactly 0"
[ "$(grep -c '^::' out)" -eq 1 ] || wrong "$name" "not one annotation"

cp app.trace "a<b>&'c%.trace"
expect "JUnit" 1 "$strata" check "a<b>&'c%.trace" -e 'leaks=0' -e 'peak<=12KiB' --junit results.xml
python3 -c "
import xml.etree.ElementTree as tree
of = tree.parse('results.xml').getroot()
assert of.tag == 'testsuite' and of.get('tests') == '2' and of.get('failures') == '1'
assert of[0].get('classname') == \"a<b>&'c%.trace\" and of[0].get('name') == 'leaks=0'
assert of[0][0].tag == 'failure' and of[0][0].get('message') == '2, expected exactly 0'
assert of[1].get('name') == 'peak<=12KiB' and len(of[1]) == 0" || wrong "$name" "not so"
expect "no such folder" 125 "$strata" check app.trace -e 'leaks=2' --junit missing/results.xml
says err "missing/results.xml: cannot be written: No such file or directory"
expect "annotations need lines" 125 "$strata" check app.trace -e 'leaks=2' --json --github

# --- phases and resources ---

expect "a program with phases" 0 "$phased_program" phases.trace
expect "phases" 0 "$strata" check phases.trace -e 'allocations("parse")=6' \
    -e 'allocations( phase "parse" )<=3/call' -e 'allocations("parse")>2.9 / call' \
    -e 'allocated("parse")<=300' -e 'leaks("parse")=0' -e 'allocations(resource "orders")=7'
expect "too many a call" 1 "$strata" check phases.trace -e 'allocations("parse")<=2/call'
says out "3.00 a call, expected at most 2.00 a call"
expect "the worst call" 0 "$strata" check phases.trace -e 'allocations("parse")<=3/worst-call' \
    -e 'allocated( phase "parse" ) < 151 / worst-call'
says out 'allocations("parse")<=3/worst-call             3 in call 1 of 2'

cat >frames.py <<'END'
import struct, sys
# A trace of 120 calls of a phase with two blocks of 100 bytes each, but 35 in the 17th.
def event(kind, at=0, size=0):
    return struct.pack("<QQQ", at | kind << 48 | 4 << 54, size, 1)
events, address = b"", 0x1000
for call in range(1, 121):
    events += event(9, size=5) + b"frame".ljust(24, b"\0")
    for _ in range(35 if call == 17 else 2):
        events += event(1, address, 100) + event(2, address)
        address += 128
head = struct.pack("<8sIIQQQQ256sQ", b"STRATALT", 2, 65536, 4711, 0, 0, 1_000_000, b"game", 0)
chunk = struct.pack("<4sIQQ", b"CHNK", len(events) // 24, 1, 0) + events
sys.stdout.buffer.write(head.ljust(65536, b"\0") + chunk.ljust(65536, b"\0"))
END
python3 frames.py >frames.trace || wrong "frames.py" "no trace"
expect "a spike" 1 "$strata" check frames.trace -e 'allocations("frame")<=3/call' \
    -e 'allocations("frame")<=3/worst-call' -e 'allocated("frame")<=1KiB/worst-call' \
    --github --junit spike.xml
says out 'ok      allocations("frame")<=3/call         2.27 a call'
says out 'FAILED  allocations("frame")<=3/worst-call   35 in call 17 of 120, expected at most 3'
says out '/worst-call  3500 B in call 17 of 120, expected at most 1024 B'
says out '::allocations("frame")<=3/worst-call: 35 in call 17 of 120, expected at most 3'
grep -q 'message="35 in call 17 of 120, expected at most 3"' spike.xml || wrong "$name" "not so"
expect "a spike as JSON" 1 "$strata" check frames.trace -e 'allocations("frame")<=3/call' \
    -e 'allocations("frame")<=3/worst-call' --json
told "of['budgets'][1]['measured'] == 35 and of['budgets'][1]['call'] == 17"
told "of['budgets'][1]['calls'] == 120 and 'call' not in of['budgets'][0]"
expect "a bound with decimals" 1 "$strata" check frames.trace \
    -e 'allocations("frame")<=2.5/worst-call' -e 'allocations<=270.25'
says out "35 in call 17 of 120, expected at most 2.5"
says out "273, expected at most 270.25"
expect "leaks of the worst call" 125 "$strata" check frames.trace -e 'leaks("frame")<=0/worst-call'
says err "leaks is known only at the end of the trace: expected allocations or allocated with \
/worst-call, or leaks without it"
expect "the least of all calls" 125 "$strata" check frames.trace \
    -e 'allocations("frame")>=1/worst-call'
says err "the worst call is the one with the most: expected <= or <"
expect "calls of the whole" 125 "$strata" check frames.trace -e 'allocations<=1/worst-call'
says err 'only a phase has calls: expected one, such as allocations("parse")<=3/worst-call'
expect "no such phase" 125 "$strata" check phases.trace -e 'leaks("sleep")=0'
says err 'leaks("sleep")=0: the trace has no phase "sleep"; it has: "(before the first phase)", "parse"'
expect "no such resource" 125 "$strata" check phases.trace -e 'leaks(resource "x")=0'
says err 'the trace has no resource "x"; it has: "orders"'

# --- what is no budget ---

for text in '' peak 'peak<=' '<=3' 'peak<=3KB' 'peak<=-1' 'peak!=3' 'leaks<=3KiB' 'leaks<=1.2.3' \
    'peak("parse")<=3' 'refused(resource "x")=0' 'leaks<=3/call' 'leaks(resource "x")<=3/call' \
    'allocated("parse")=3/worst-call' 'leaked_bytes("parse")<=3/worst-call' \
    'allocations(resource "x")<=3/worst-call' 'allocations("parse")<=3/worst' \
    'leaks("parse)=0' 'peak<=99999999999TiB' 'peak<=3 leaks=0'; do
    expect "no budget: $text" 125 "$strata" check app.trace -e "$text"
    says err "strata: --expect: \"$(printf %s "$text" | sed 's/"/\\"/g')\": "
done
expect "an example" 125 "$strata" check app.trace -e 'peak'
says err 'or allocations("parse")<=3/worst-call'
expect "nothing to check" 125 "$strata" check app.trace
says err "there is nothing to check: expected --expect BUDGET, or --budgets FILE"
expect "no such file" 125 "$strata" check app.trace --budgets missing
says err "missing: cannot be read"
expect "no such trace" 125 "$strata" check missing.trace -e 'leaks=0'
says err "missing.trace"
expect "a sample" 0 "$strata" record --sample 4KiB -o sample.trace -- ./program
expect "a sample has estimates" 125 "$strata" check sample.trace -e 'leaks=0'
says err "recorded without --sample"

[ "$failures" -eq 0 ]
