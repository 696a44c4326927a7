#!/bin/sh
# real_programs.sh STRATA: programs that many use, unchanged, on eight strategies and recorded. Each
# must print what it prints without, and end likewise. What is not installed is left out, by name.
# It takes some ten minutes: `run.sh --all` runs it.
set -u
[ "${STRATA_TEST_OPERATIONS:-0}" -ge 1000000 ] || { echo "left out: not run with --all"; exit 77; }
. "$(dirname "$0")/checks.sh"
strata=$(realpath "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/strata programs.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

cat >strategies <<'END'
heap
concurrent_pool
concurrent_pool > pages
concurrent_arena
stats > concurrent_pool(hardened=true)
synchronized > pool
segregator(1KiB, concurrent_pool, heap)
debug(concurrent=true, on_finding=report) > heap
END

# program NAME COMMAND...: in a folder of its own each time, as it may write files; what it says on
# standard error is not compared, for there a strategy may report.
program() {
    of=$1
    shift
    if ! command -v "$1" >/dev/null; then
        echo "left out: $of is not installed"
        return 0
    fi
    plain=$(fresh "$@")
    while read -r strategy <&4; do
        compare "$of on $strategy" "$plain" \
            "$(fresh "$strata" run --strategy "$strategy" -- "$@")"
    done 4<strategies
    compare "$of, recorded" "$plain" "$(fresh "$strata" record --children -o ../recorded.trace \
        --force -- "$@")"
    [ ! -f recorded.trace ] || "$strata" info recorded.trace >out 2>err || wrong "$of" "no trace"
    rm -rf recorded.trace*
}
fresh() {
    rm -rf here
    mkdir here
    (cd here && timeout 300 "$@" 2>../err </dev/null)
    echo "status $?"
}
compare() {
    [ "$2" = "$3" ] || { echo "$3" >out; wrong "$1" "not as without, which was: $2"; }
}

seq 300000 >numbers
cat >program.cpp <<'END'
#include <iostream>
#include <map>
#include <string>
int main() {
    std::map<std::string, int> counts;
    for (int i = 0; i != 1000; ++i) ++counts[std::to_string(i % 97)];
    std::cout << counts.size() << '\n';
}
END
mkdir project
cp program.cpp project
printf 'cmake_minimum_required(VERSION 3.10)\nproject(words CXX)\nadd_executable(words program.cpp)\n' \
    >project/CMakeLists.txt
printf '<p id="here">before</p><script>document.getElementById("here").textContent = 6 * 7</script>' \
    >page.html
cat >Words.java <<'END'
import java.util.*;
public class Words {
    public static void main(String[] arguments) {
        Map<String, Integer> counts = new TreeMap<>();
        for (int i = 0; i != 100000; ++i) counts.merge("w" + i % 997, 1, Integer::sum);
        System.out.println(counts.size());
    }
}
END

program clang++ sh -c 'clang++ -O1 ../program.cpp -o program && ./program'
program g++ sh -c 'g++ -O1 ../program.cpp -o program && ./program'
program cmake sh -c 'cmake ../project | grep -c done && cmake --build . >/dev/null && ./words'
program git sh -c 'git init -q . && cp ../numbers . && git add numbers &&
    git -c user.name=n -c user.email=e commit -qm numbers && git gc -q && git fsck && git show --stat |
    tail -n 1'
program perl perl -e 'my %h; $h{$_ % 997} .= $_ for 1 .. 200000; print length $h{5}, "\n"'
program sqlite3 sqlite3 :memory: 'create table n (a, b);
    with recursive c(x) as (values(1) union all select x + 1 from c where x < 100000)
    insert into n select x, hex(x * 7919 % 10007) from c; create index i on n (b);
    select b, count(*) from n group by b order by 2 desc, 1 limit 3;'
program xz sh -c 'xz -T2 -c ../numbers | xz -dc | cksum'
program zstd sh -c 'zstd -q -T2 -c ../numbers | zstd -qdc | cksum'
if python3 -c 'import test.test_list' 2>/dev/null; then
    program python3 sh -c 'python3 -m test -q test_list test_dict test_json test_re \
        test_threading_local 2>&1 | grep -c "^Result: SUCCESS"'
fi
program java sh -c 'command -v javac >/dev/null && javac -d . ../Words.java && java -cp . Words'
# It has an allocator of its own, and its sandbox is not for root.
program chromium sh -c 'chromium --headless --no-sandbox --disable-gpu --user-data-dir=profile \
    --dump-dom "file://$PWD/../page.html" 2>/dev/null | grep -o ">42<"'

[ "$failures" -eq 0 ]
