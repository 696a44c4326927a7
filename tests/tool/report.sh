#!/bin/sh
# report.sh STRATA: the page that `strata report` makes of a trace.
set -u
. "$(dirname "$0")/checks.sh"
strata=$(realpath "$1")
tests=$(realpath "$(dirname "$0")")
work=$(mktemp -d "${TMPDIR:-/tmp}/strata report.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# whole PAGE: it is well-formed, and loads nothing.
whole() {
    python3 "$tests/page.py" "$1" >checked 2>&1 || wrong "$name" "$(tail -n 1 checked)"
}

# --- a program ---

cat >program.c <<'END'
#include <stdlib.h>
static void* kept[200];
__attribute__((noinline)) void grows(void) {
    for (int i = 0; i != 200; ++i) kept[i] = malloc(1000);
}
__attribute__((noinline)) void shrinks(void) {
    for (int i = 1; i != 200; ++i) free(kept[i]);
}
int main(void) {
    grows(), shrinks();
    return 0;
}
END
${CC:-cc} -w -g -O1 -fno-builtin -fno-optimize-sibling-calls program.c -o program
expect "recording" 0 "$strata" record --stacks -o app.trace -- ./program
expect "a page" 0 "$strata" report app.trace
says out "app.html: "
whole app.html
says app.html "<h1>Memory of program</h1>"
says app.html "<dd>195.3 KiB<small>200 blocks, after "
says app.html "<dd>1000 B<small>1 block</small>"
says app.html "grows (program.c:4)"
says app.html "Strategies were not compared."
says app.html "In the chunks of a pool"
says app.html "with 195.3 KiB in 200 blocks: "
expect "the page exists" 125 "$strata" report app.trace
says err "app.html: exists; --force writes over it"
expect "again" 0 "$strata" report app.trace --force
expect "in a pipe" 0 sh -c '"$0" report - -o - <app.trace >piped.html' "$strata"
whole piped.html
expect "no name for the page" 125 "$strata" report -
says err "expected -o FILE"
expect "no such trace" 125 "$strata" report missing.trace
expect "a folder that is not there" 125 "$strata" report app.trace -o no/page.html
says err "no/page.html: cannot be written: No such file"
[ -z "$(ls ./*.writing.* 2>/dev/null)" ] || wrong "$name" "a file is left"
"$strata" report app.trace -o /dev/full >out 2>err && wrong "a full disk" "not told"

# --- the recommendation ---

cat >advice.json <<'END'
{"traces": [{"program": "/some/where/program", "calls": 10, "threads": 1, "most_live_bytes": 9}],
 "minimised": "time", "rounds": 25, "take": "concurrent_pool(first_chunk=2MiB)",
 "reason": "it is <ahead> of the heap", "possible": 0.31,
 "finalists": [
  {"strategy": "concurrent_pool(first_chunk=2MiB)", "saves": 0.17, "of_heap": [
    {"course": "fresh heap", "median": 0.39, "spread": 0.05},
    {"course": "littered heap", "median": 0.26, "spread": 0.02}]},
  {"strategy": "broken", "problem": "it ran out of memory"}],
 "standard": [
  {"strategy": "std::pmr pool", "saves": null, "of_heap": [
    {"course": "fresh heap", "median": 0.8, "spread": 0.1},
    {"course": "littered heap", "median": 0.7, "spread": 0.1}]}],
 "front": [{"strategy": "pool > heap", "time_of_heap": 0.93, "peak_of_heap": 0.88}],
 "out_before": [{"strategy": "synchronized > pool", "worst_of_heap": 0.57}],
 "not_tried": [{"strategy": "concurrent_arena", "why": "it keeps all"}],
 "not_raced": [{"strategy": "concurrent_pool(first_chunk=1MiB)", "why": "takes more"}],
 "cpp": "strata::stack{strata::concurrent_pool{.first_chunk = 2_MiB}, strata::heap{}}"}
END
expect "advice" 0 "$strata" report app.trace -o advised.html --advice advice.json
whole advised.html
says advised.html "<strong>Take <code>concurrent_pool(first_chunk=2MiB)</code></strong>: it is &lt;ahead&gt;"
says advised.html "STRATA_GLOBAL_RESOURCE(strata::stack{strata::concurrent_pool{.first_chunk = 2_MiB}, strata::heap{}});"
says advised.html "strata run --strategy &quot;concurrent_pool(first_chunk=2MiB)&quot; -- PROGRAM"
says advised.html "0.39&nbsp;±&nbsp;0.05"
says advised.html "it ran out of memory"
says advised.html "not tried: it keeps all"
says advised.html "<code>concurrent_pool(first_chunk=1MiB)</code>, not raced: takes more"
says advised.html "<code>std::pmr pool</code>"
says advised.html "<td>0.93</td><td>0.88</td>"
sed 's/"take": "[^"]*"/"take": null/; s/,$/,/' advice.json >keep.json
expect "keep the heap" 0 "$strata" report app.trace -o keep.html --advice keep.json
says keep.html "<strong>Keep the heap</strong>"
grep -q 'class="paste"' keep.html && wrong "$name" "lines to paste"
sed 's/"reason"/"raisin"/' advice.json >bad.json
expect "no advice" 125 "$strata" report app.trace -o bad.html --advice bad.json
says err "bad.json: expected what \`strata tune --json\` prints"
sed 's/"median": 0.26/"median": -1/' advice.json >bad.json
expect "a bad ratio" 125 "$strata" report app.trace -o bad.html --advice bad.json
sed 's/program", "calls/other", "calls/' advice.json >bad.json
expect "advice for another program" 125 "$strata" report app.trace -o bad.html --advice bad.json
says err "bad.json: is not about"
expect "no file of advice" 125 "$strata" report app.trace -o bad.html --advice missing.json
says err "missing.json: cannot be read"
expect "both" 125 "$strata" report app.trace -o bad.html --advice advice.json --budget 1s
[ -e bad.html ] && wrong "$name" "a page of bad advice"
expect "searched" 0 "$strata" report app.trace -o searched.html --budget 1s
whole searched.html
grep -q '<strong>\(Take\|Keep\)' searched.html || wrong "$name" "no verdict"

# --- hostile names, and a long trace ---

hostile=$(printf '</script><script>alert(1)</script><img src=x onerror=alert(2)>"\047&\001\033[31m\342\200\256x\377')
python3 "$tests/make_live_trace.py" "$hostile" 3000 >hostile.live
expect "hostile names" 0 "$strata" report hostile.live
whole hostile.html
says hostile.html "&lt;/script&gt;&lt;script&gt;alert(1)"
says hostile.html "by resource"
says hostile.html "by phase"
says hostile.html "by thread"
python3 "$tests/make_live_trace.py" long 600000 >long.live
expect "a long trace" 0 "$strata" report long.live
whole long.html
[ "$(wc -c <long.html)" -lt 3000000 ] || wrong "$name" "$(wc -c <long.html) bytes"
: >empty.live
expect "an empty file" 125 "$strata" report empty.live
head -c 65536 hostile.live >none.live
expect "no events" 0 "$strata" report none.live
whole none.html

[ "$failures" -eq 0 ]
