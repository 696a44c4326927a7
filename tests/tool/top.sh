#!/bin/sh
# top.sh STRATA MAKE_TRACE TRACED_PROGRAM: `strata top` shows what is live, of a trace and of a
# running program.
set -u
. "$(dirname "$0")/checks.sh"
strata=$(realpath "$1")
make_trace=$(realpath "$2")
traced_program=$(realpath "$3")
work=$(mktemp -d "${TMPDIR:-/tmp}/strata top.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

helpers="def whole(rows):
    return sum(each['bytes'] for each in rows), sum(each['blocks'] for each in rows)"

# --- a trace: the same as `strata info` ---

"$make_trace" 3 20000 6 >random.live
"$strata" info random.live --json >info.json
expect "a trace" 0 "$strata" top random.live --json
told "of['bytes'] == json.load(open('info.json'))['live_at_end']['bytes']"
told "whole(of['sizes']) == whole(of['threads']) == (of['bytes'], of['blocks'])"
expect "as text" 0 "$strata" top random.live --rows 1
says out " live in "
says out "allocated by"
says out "others"
expect "standard input" 0 sh -c '"$1" pack random.live -o - 2>/dev/null | "$1" top -' sh "$strata"

# --- a resource that records its call sites ---

cat >plugin.cpp <<'END'
#include <memory_resource>
[[gnu::noinline]] void NAME(std::pmr::memory_resource* memory) {
    (void)!memory->allocate(10'000);
    asm volatile("" ::: "memory");
}
extern "C" void plugin_function(std::pmr::memory_resource* memory) {
    NAME(memory);
    asm volatile("" ::: "memory");
}
END
for each in one two; do
    ${CXX:-c++} -std=c++20 -w -g -O2 -fPIC -shared -DNAME="in_plugin_$each" plugin.cpp \
        -o "plugin_$each.so"
done
expect "a resource with call sites" 0 "$traced_program" sites.live ./plugin_one.so ./plugin_two.so
expect "its call sites" 0 "$strata" top sites.live --json
# of_function NAME FIGURE: the sum of its call sites, in Python.
of_function() { echo "sum(each['$2'] for each in of['sites'] if '$1(' in each['name'])"; }
told "$(of_function keeps_blocks blocks) == 700"
told "$(of_function keeps_blocks bytes) == 700 * 5000"
told "$(of_function fills_a_vector blocks) == 101"
told "$(of_function resizes_a_block bytes) == 3000"
# The second plugin is where the first one was.
told "$(of_function in_plugin_one bytes) == 10000"
told "$(of_function in_plugin_two bytes) == 10000"
told "sum(each['blocks'] for each in of['sites']) == of['blocks']"
told "not any(each['name'].startswith(('strata', 'libstrata', 'std')) for each in of['sites'])"
expect "its call sites, summed up" 0 "$strata" info sites.live
says out "keeps_blocks("

# --- a running program ---

cat >waits.c <<'END'
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    for (int i = 0; i != 700; ++i) malloc(5000);
    puts("ready");
    fflush(stdout);
    return getchar() == EOF;
}
END
${CC:-cc} -w -O0 -fno-builtin waits.c -o waits_for_top
mkfifo to from
"$strata" record --stacks -o waits.trace -- ./waits_for_top <to >from 2>record.err &
recording=$!
exec 3>to 4<from
read -r ready <&4
expect "by its name" 0 "$strata" top --live waits_for_top --json
told "700 <= of['blocks'] < 720 and of['bytes'] >= 700 * 5000"
told "any(each['name'] == '4096 B' and each['blocks'] >= 700 for each in of['sizes'])"
told "of['sites'][0]['name'].startswith('main') and of['sites'][0]['blocks'] == 700"
process=$(python3 -c 'import json; print(json.load(open("out"))["process"])')
expect "by its number" 0 "$strata" top --live "$process"
says out "waits_for_top, process $process: "

# On a terminal, until q.
cat >terminal.py <<'END'
import os, pty, sys, time
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
shown = b""
while shown.count(b"q: leave") < 2:
    shown += os.read(terminal, 65536)
os.write(terminal, b"q")
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(status))
END
expect "on a terminal" 0 python3 terminal.py "$strata" top --live "$process"
says out "waits_for_top, process $process: "

echo >&3
exec 3>&- 4<&-
wait "$recording"
expect "a process that has ended" 125 "$strata" top --live "$process"
expect "no such name" 125 "$strata" top --live no_such_program
says err "no_such_program: there is no such process"
expect "one that records nothing" 125 "$strata" top --live $$
says err "writes no live trace"
expect "neither" 125 "$strata" top
expect "both" 125 "$strata" top random.live --live 1

[ "$failures" -eq 0 ]
