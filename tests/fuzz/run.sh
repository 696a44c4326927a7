#!/bin/sh
# Fuzzes every target, under AddressSanitizer and UndefinedBehaviorSanitizer, starting from the
# inputs in corpus/. The last line says `N passed, N failed`.
#
#   sh tests/fuzz/run.sh                 5 seconds a target
#   sh tests/fuzz/run.sh 60              60 seconds a target
#   sh tests/fuzz/run.sh 60 pool arena   these targets alone
#   sh tests/fuzz/run.sh merge           new inputs that reach more go to corpus/, as few as may be
#
# What ends a run stays in build/fuzz/findings; the output says how to run it again.
set -u
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
. "$root/docs/packages.sh"
build=$root/build/fuzz
findings=$build/findings
corpus=$root/tests/fuzz/corpus

stop() {
    echo "$1" >&2
    echo "0 passed, 1 failed"
    exit 1
}

mkdir -p "$root/build"
seconds=${1:-5}
[ $# -eq 0 ] || shift

CXX=${CXX:-clang++}
export CXX
need_to_build
has_libfuzzer() {
    echo 'extern "C" int LLVMFuzzerTestOneInput(const char*, long) { return 0; }' |
        $CXX -x c++ -fsanitize=fuzzer,address,undefined - -o /dev/null
}
need libclang-rt-dev has_libfuzzer
need libzstd-dev links zstd
install_missing || stop "The packages that fuzzing needs could not be installed."

configure "$build" -Dbuildtype=debugoptimized -Ddefault_library=static -Db_lundef=false \
    -Db_sanitize=address,undefined -Dtests=auto -Dunity=on -Dunity_size=12 \
    -Dcpp_args="-fsanitize=fuzzer-no-link -fno-sanitize-recover=all" >"$root/build/fuzz.log" 2>&1 &&
    meson compile -C "$build" fuzzer >>"$root/build/fuzz.log" 2>&1 || {
    cat "$root/build/fuzz.log"
    stop "The fuzzer was not built."
}

fuzzer=$build/tests/fuzz/fuzzer
export ASAN_OPTIONS=allocator_may_return_null=1:detect_stack_use_after_return=0
targets=$(STRATA_FUZZ_TARGET= "$fuzzer" 2>&1 | sed 's/.*: //')
[ $# -eq 0 ] || targets=$*

# fuzz TARGET: one line about it, and its name in $failed if something was found.
fuzz() {
    mkdir -p "$build/corpus/$1" "$findings" "$corpus/$1"
    log=$build/$1.log
    if STRATA_FUZZ_TARGET=$1 "$fuzzer" -max_total_time="$seconds" -rss_limit_mb=4096 -timeout=20 \
        -max_len=2048 -use_value_profile=1 -print_final_stats=1 -artifact_prefix="$findings/$1-" \
        "$build/corpus/$1" "$corpus/$1" >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        printf '%-20s %9s runs, nothing found\n' "$1" "$runs"
    else
        printf '%-20s FOUND something:\n' "$1"
        tail -n 30 "$log"
        sed -n "s|^artifact.*Test unit written to \(.*\)|to run it again: STRATA_FUZZ_TARGET=$1 $fuzzer \1|p" \
            "$log"
        echo "$1" >>"$build/failed"
    fi
}

if [ "$seconds" = merge ]; then
    for target in $targets; do
        mkdir -p "$build/corpus/$target" "$build/merged/$target"
        rm -f "$build/merged/$target"/*
        STRATA_FUZZ_TARGET=$target "$fuzzer" -merge=1 -max_len=512 "$build/merged/$target" \
            "$corpus/$target" "$build/corpus/$target" >/dev/null 2>&1 || stop "$target: not merged."
        rm -rf "$corpus/$target"
        mkdir -p "$corpus/$target"
        # Some two dozen of them, small and large ones.
        count=$(ls "$build/merged/$target" | wc -l)
        for file in $(ls -Sr "$build/merged/$target" | awk "NR % $((count / 24 + 1)) == 0"); do
            cp "$build/merged/$target/$file" "$corpus/$target/"
        done
        echo "$target: $(ls "$corpus/$target" | wc -l) inputs"
    done
    exit
fi

# Two at a time: so many cores the machine is sure to have.
rm -f "$build/failed"
set -- $targets
while [ $# -gt 0 ]; do
    fuzz "$1" &
    [ $# -lt 2 ] || fuzz "$2"
    wait
    shift "$(($# < 2 ? 1 : 2))"
done

failed=0
[ ! -f "$build/failed" ] || failed=$(wc -l <"$build/failed")
set -- $targets
echo "$(($# - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
