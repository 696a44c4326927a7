#!/bin/sh
# advise.sh STRATA: `strata advise` names places of a program, what they do, and what to do there.
set -u
. "$(dirname "$0")/checks.sh"
strata=$(realpath "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/strata advise.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

cat >program.cpp <<'CPP'
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>
#define ALONE __attribute__((noinline, noclone))
struct node { node* left; node* right; long values[5]; };  // a word more than 48 bytes
ALONE node* build(int depth) {
    if (depth == 0) return nullptr;
    node* made = new node;
    made->left = build(depth - 1);
    made->right = build(depth - 1);
    return made;
}
ALONE void drop(node* of) {
    if (of == nullptr) return;
    drop(of->left);
    drop(of->right);
    delete of;
}
ALONE void request() { drop(build(6)); }
struct record { char* name; char* value; };
ALONE void parse() {
    record all[20];
    for (record& each : all) {
        each.name = (char*)std::malloc(30);
        each.value = (char*)std::malloc(50);
    }
    for (record& each : all) {
        std::free(each.name);
        std::free(each.value);
    }
}
ALONE unsigned collect() {
    std::vector<int> all;
    for (int i = 0; i != 3000; ++i) all.push_back(i);
    return all.size();
}
void* volatile kept;
ALONE void forget() { kept = std::malloc(2000); }
ALONE void hand_over() {
    std::vector<void*> sent(5000);
    for (void*& each : sent) each = std::malloc(40);
    std::thread{[&] { for (void* each : sent) std::free(each); }}.join();
}
int main() {
    for (int i = 0; i != 400; ++i) {
        request();
        collect();
        parse();
        if (i % 10 == 0) forget();
    }
    hand_over();
}
CPP
${CXX:-c++} -w -g -O1 -fno-builtin -fno-omit-frame-pointer program.cpp -o program -pthread
expect "a recording" 0 "$strata" record --stacks -o app.trace -- ./program

expect "advice" 0 "$strata" advise app.trace
says out "allocations, at most "
# The lines are those of the calls, which compilers place a little differently.
places() {
    tr -d '0-9' <out | grep -qF "$1" || wrong "$name" "no \"$1\""
}
places '. build(int) (program.cpp:): blocks that die together'
places '. collect() (program.cpp:): memory that grows bit by bit'
places '. forget() (program.cpp:): a slow leak'
places '. hand_over() (program.cpp:): blocks for another thread'
places 'from request() (program.cpp:) < main (program.cpp:)'
says out "400 blocks grew 4,800 times, by copying; the largest to 16.0 KiB"
# It allocates in two lines.
places '. parse() (program.cpp:): blocks that die together'
says out "16,000 blocks die in 400 groups, each at once; the largest has "
says out "25,200 blocks die in 400 groups, each at once; the largest has 3528 B"
says out "40 blocks from all of the run, 78.1 KiB, are not freed at its end"
says out "to win: 78.1 KiB a run"
says out "5,000 of 5,000 blocks are freed on another thread"
says out "strata::arena_scope scratch{arena};"

expect "JSON" 0 "$strata" advise app.trace --json
told "{each['habit'] for each in of['findings']} >= \
{'dies_together', 'grows', 'leaks', 'freed_elsewhere'}"
told "[each['weight'] for each in of['findings']] == \
sorted((each['weight'] for each in of['findings']), reverse=True)"
told "all(each['place'] and each['seen'] and each['gain'] and each['code'] \
for each in of['findings'])"
expect "a pipe" 0 sh -c '"$0" advise - <app.trace' "$strata"

# --- nothing to say, and what cannot be ---

cat >program.c <<'C'
#include <stdlib.h>
int main(void) {
    for (int i = 0; i != 1000; ++i) free(malloc(16));
    return 0;
}
C
${CC:-cc} -w -g -O1 -fno-builtin program.c -o program
expect "a recording" 0 "$strata" record --stacks -o good.trace -- ./program
expect "nothing to win" 0 "$strata" advise good.trace
says out "Nothing to win by a hundredth"
expect "a recording" 0 "$strata" record -o bare.trace -- ./program
expect "no stacks" 125 "$strata" advise bare.trace
says err "bare.trace: has no call stacks: expected a trace that was recorded with --stacks"
expect "a sample" 0 "$strata" record --stacks --sample 1KiB -o sample.trace -- ./program
expect "no advice on a sample" 125 "$strata" advise sample.trace
says err "recorded without --sample"
expect "no such trace" 125 "$strata" advise missing.trace
says err "missing.trace"
printf 'STRATAPT' >broken.trace
expect "a broken trace" 125 "$strata" advise broken.trace
says err "broken.trace: offset"
[ "$failures" -eq 0 ]
