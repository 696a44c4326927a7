#!/bin/sh
# tune.sh STRATA: `strata tune` plays strategies against the heap, and says what to take.
set -u
. "$(dirname "$0")/checks.sh"
strata=$(realpath "$1")
examples=$(realpath "$(dirname "$0")/../../docs/examples")
work=$(mktemp -d "${TMPDIR:-/tmp}/strata tune.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset LD_PRELOAD  # it would be kept
unset MALLOC_PERTURB_  # Meson sets it: glibc then writes to each byte of a block

cat >program.c <<'END'
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void* work(void* steps) {
    void* blocks[300] = {0};
    unsigned n = 1;
    for (size_t i = 0; i != (size_t)steps; ++i) {
        n = n * 1103515245 + 12345;
        void** at = &blocks[(n >> 16) % 300];
        free(*at);
        *at = malloc(16 + (n >> 20) % 300);
    }
    return 0;
}
int main(int count, char** arguments) {
    if (strcmp(arguments[1], "idle") == 0) {
        usleep(1000000);
        work((void*)100);
    } else if (strcmp(arguments[1], "threads") == 0) {
        pthread_t other;
        pthread_create(&other, 0, work, (void*)40000);
        work((void*)40000);
        pthread_join(other, 0);
    } else {
        work((void*)(strcmp(arguments[1], "brief") == 0 ? 5000 : 60000));
    }
    return count == 2 ? 0 : 1;
}
END
${CC:-cc} -w -O1 -fno-builtin program.c -o program -pthread
for each in busy brief threads idle; do
    expect "$each" 0 "$strata" record -o $each.trace -- ./program $each
done

# Under load it may be that a play takes no longer than one without an allocator. What is said of
# figures is so for those that could be measured.
helpers="measured = [each for each in of.get('finalists', []) if 'problem' not in each]"

# --- what it says ---

expect "a table" 0 "$strata" tune busy.trace --budget 1s --pareto --advice out.json
says out "program: 119,"
says out "Time of the calls over the heap's, "
says out "fresh heap"
says out "littered heap"
says out "Not tried: concurrent_arena, since it keeps all that was allocated"
says out "None is faster and smaller than one of these"
says out.json '"minimised": "time"'
grep -qE '^(Take concurrent_pool|Take synchronized|Keep the heap)' out || wrong "$name" "no verdict"

expect "as JSON" 0 "$strata" tune busy.trace --budget 1s --json
told "of['heap_resident'] > 0 and all(each['resident'] > 0 for each in measured)"
told "of['traces'][0]['calls'] > 119000 and of['traces'][0]['threads'] == 1"
told "of['minimised'] == 'time'"
told "of['take'] is None or of['take'] in [each['strategy'] for each in of['finalists']]"
told "7 <= of['rounds'] <= 25 and 1 <= len(of['finalists']) <= 4"
told "all(row['median'] > 0 for each in measured for row in each['of_heap'])"
told "all([row['course'] for row in each['of_heap']] == ['fresh heap', 'littered heap'] \
for each in measured)"
told "not {each['strategy'] for each in of['finalists']} & {each['strategy'] for each in of['out_before']}"
told "any(each['strategy'] == 'synchronized > pool' for each in of['finalists'] + of['out_before'])"
told "(of['take'] is None) == ('cpp' not in of)"
told "[each['strategy'] for each in of['standard']] == ['std::pmr::unsynchronized_pool_resource']"
told "'problem' in of['standard'][0] or of['standard'][0]['of_heap'][0]['median'] > 0"
told "[each['time_of_heap'] for each in of['front']] == \
sorted(each['time_of_heap'] for each in of['front'])"
told "[each['peak_of_heap'] for each in of['front']] == \
sorted((each['peak_of_heap'] for each in of['front']), reverse=True)"

# That of docs/tuning.md.
expect "the shipped trace" 0 "$strata" tune "$examples/json.trace" --budget 1s --json
told "of['traces'][0]['calls'] > 100000 and of['traces'][0]['most_live_bytes'] > 400000"

# With a short trace there is time for them.
expect "options are tried" 0 "$strata" tune brief.trace --budget 6s --json
told "sum('=' in each['strategy'] for each in of['finalists'] + of['out_before']) > 3"

# No block is larger than 1 KiB, and all of them are less than 64 KiB: most options change nothing.
# The short trace is through long before the end of the budget.
expect "some do not race" 0 "$strata" tune brief.trace --budget 60s --advice advice.json
says out "Not raced, by what one play took from the source, or for lack of time:"
says out " more (all: --json)"
cp advice.json out
told "any(each['why'].startswith('takes the same as ') for each in of['not_raced'])"
told "len({each['strategy'] for each in of['not_raced']}) == len(of['not_raced'])"
told "not {each['strategy'] for each in of['not_raced']} & \
{each['strategy'] for each in of['finalists'] + of['out_before']}"

expect "the peak" 0 "$strata" tune busy.trace --budget 1s --minimise peak --json
told "of['minimised'] == 'peak' and all(len(each['of_heap']) == 1 for each in measured)"

expect "bounded time for slow calls" 0 "$strata" tune brief.trace --budget 3s \
    --minimise worst-call --json
told "any('bounded_time' in each['strategy'] and 'problem' not in each \
for each in of['finalists'] + of['out_before'])"

for each in waste worst-call time=2,peak=1; do
    expect "to minimise $each" 0 "$strata" tune busy.trace --budget 1s --minimise $each --json
    told "of['minimised'].startswith('${each%%=*}') and of['possible'] is None"
done

# The strategy must be ahead on what it was not searched for.
expect "a trace that is held out" 0 "$strata" tune busy.trace --hold-out threads.trace --budget 1s \
    --json
told "all([row['course'] for row in each['of_heap']][2:] == \
['threads.trace, fresh heap', 'threads.trace, littered heap'] for each in measured)"
told "[each['threads'] for each in of['traces']] == [1, 2]"

# A program that hardly allocates: whatever the figures are, they are less than 1 % of a second.
expect "keep the heap" 0 "$strata" tune idle.trace --budget 1s
says out "Keep the heap: the calls take 0."

expect "two traces" 0 "$strata" tune busy.trace threads.trace --budget 1s --json
told "all([row['course'] for row in each['of_heap']] == [trace + heap for trace in \
('busy.trace, ', 'threads.trace, ') for heap in ('fresh heap', 'littered heap')] \
for each in measured)"

# --- with the program itself ---
${CC:-cc} -w -static -o static -x c - <<'END'
int main(void) { return 0; }
END

expect "runs of the program" 0 "$strata" tune busy.trace --budget 2s -- ./program busy
says out "the program  its peak"
says out "The program: ./program busy, "
expect "the same as JSON" 0 "$strata" tune busy.trace --budget 2s --json -- ./program busy
told "of['trial']['command'] == ['./program', 'busy'] and 7 <= of['trial']['rounds'] <= 25"
told "1 <= of['trial']['runs_a_round'] <= 5 and of['trial']['heap_nanoseconds'] > 1e5 and of['trial']['heap_peak'] > 1e6"
told "1 <= len(of['finalists']) <= 5"
told "all(0 < each['in_program']['median'] and each['peak_in_program'] > 1e6 \
for each in measured)"
told "[each['in_program'] for each in measured] == \
sorted((each['in_program'] for each in measured), \
key=lambda one: (one['rounds'] != of['trial']['rounds'], one['median']))"
told "of['take'] is None or any(each['strategy'] == of['take'] and \
each['in_program']['rounds'] == of['trial']['rounds'] and each['in_program']['at_most'] < 1 \
for each in measured)"
# On a strategy, a library is preloaded.
printf '#!/bin/sh\n[ -z "$LD_PRELOAD" ] || exit 3\n' >picky
chmod +x picky
expect "a program that fails on strategies" 0 "$strata" tune busy.trace --budget 2s -- ./picky
says out "Keep the heap: the program runs on none of the strategies."
says out "  on concurrent_pool it ended with status 3"

expect "a pipe" 0 sh -c '"$0" tune - --budget 1s --json <busy.trace' "$strata"

# --- what cannot be ---

expect "a sample" 0 "$strata" record --sample 4KiB -o sample.trace -- ./program busy
expect "no tuning of a sample" 125 "$strata" tune sample.trace
says err "recorded without --sample"

expect "no such trace" 125 "$strata" tune missing.trace
says err "missing.trace"
printf 'STRATAPT' >broken.trace
expect "a broken trace" 125 "$strata" tune broken.trace
says err "broken.trace: offset"
expect "a program that fails" 125 "$strata" tune busy.trace -- ./program
says err "./program: ended by signal"
expect "no such program" 127 "$strata" tune busy.trace -- ./missing
says err "./missing"
expect "a program, and slow calls" 125 "$strata" tune busy.trace --minimise worst-call -- ./program
says err "slow calls"
expect "a program without a trace" 125 "$strata" tune -- ./program busy
says err "expected FILE, before any --"
expect "an option that takes the dashes" 125 "$strata" tune --advice -- busy.trace --budget 1s
says err "an option has taken -- as its value"
expect "a program that does not end" 125 "$strata" tune brief.trace --budget 1s -- sleep 600
says err "sleep: has not ended after 1.0 s"
expect "a program without a loader" 126 "$strata" tune brief.trace -- ./static
says err "is linked statically"
expect "no trace" 125 "$strata" tune
expect "a wrong objective" 125 "$strata" tune busy.trace --minimise beauty
says err "beauty"
expect "no trace to hold out" 125 "$strata" tune busy.trace --hold-out missing.trace
says err "missing.trace"
for budget in 0s -1s 5h 100000m words; do
    expect "budget $budget" 125 "$strata" tune busy.trace --budget $budget
done
[ "$failures" -eq 0 ]
