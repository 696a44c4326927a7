#!/bin/sh
# Makes pages with `strata report` and looks at them in a headless Chromium, at the width of a phone
# and of a screen, light and dark: the console, the charts, keyboard, pointer, and what axe-core
# finds. Then opens exported traces in the pages of other tools: speedscope, dh_view of valgrind, and
# the viewer of Chrome's traces, of which Go has a copy. Then looks at the documentation site in the
# same way. The last line says `N passed, N failed`.
#
#   sh tests/tool/browser/run.sh
#
# BUILD_DIR is a folder with a build of the command. Pictures of the pages stay in build/browser.
# Without npm, or if it cannot get axe-core and speedscope, contrast and labels are not checked, and
# speedscope is not opened, as lines say.
set -u
root=$(CDPATH= cd -- "$(dirname -- "$0")/../../.." && pwd)
. "$root/docs/packages.sh"
here=$root/tests/tool/browser
build=${BUILD_DIR:-$root/build/gcc}
out=$root/build/browser

stop() {
    echo "$1" >&2
    echo "0 passed, 1 failed"
    exit 1
}

need chromium command -v chromium
need fonts-dejavu-core test -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
need valgrind test -e /usr/libexec/valgrind/dh_view.html
need golang-go command -v go
need mkdocs-material sh -c 'mkdocs build --help | grep -q material'
install_missing || stop "The packages that this test needs could not be installed."
strata=$build/src/tool/strata
[ -x "$strata" ] || stop "$strata: expected a build of the command: sh tests/run.sh"
rm -rf "$out"
mkdir -p "$out"

axe=$out/node_modules/axe-core/axe.min.js
speedscope=$out/node_modules/speedscope/dist/release
trace_viewer=$(find -L "$(go env GOROOT)/src" -name trace_viewer_full.html | head -n 1)
cp "$here/package.json" "$here/package-lock.json" "$out"
if ! (cd "$out" && npm ci --ignore-scripts --no-audit --no-fund) >"$out/npm.log" 2>&1; then
    echo "Contrast and labels are not checked: npm could not get axe-core."
    axe='' speedscope=''
fi

cat >"$out/program.c" <<'END'
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
struct node { struct node* next[2]; char name[40]; };
static struct node* grow(int depth) {
    struct node* const made = calloc(1, sizeof *made);
    for (int i = 0; depth != 0 && i != 2; ++i) made->next[i] = grow(depth - 1);
    return made;
}
static void drop(struct node* of) {
    for (int i = 0; i != 2; ++i) if (of->next[i]) drop(of->next[i]);
    free(of);
}
static void* read_all(int size) {
    char* all = 0;
    for (int i = 1; i != 60; ++i) all = realloc(all, (size_t)size * i), usleep(300);
    return all;
}
static void work(int depth) { struct node* tree = grow(depth); usleep(4000); drop(tree); }
int main(void) {
    char* first = read_all(2000);
    for (int i = 6; i != 13; ++i) work(i);
    char* second = read_all(9000);
    free(first);
    for (int i = 0; i != 200; ++i) free(malloc(70 * i)), usleep(100);
    free(second);
    return 0;
}
END
hostile=$(printf '</script><img src=x onerror=alert(2)>"\047&\001\342\200\256x\377')
(
    cd "$out" &&
        "${CC:-cc}" -w -g -O1 -fno-builtin -fno-optimize-sibling-calls program.c -o program &&
        "$strata" record --stacks -o program.trace -- ./program &&
        "$strata" report program.trace --budget 2s &&
        python3 "$root/tests/tool/make_live_trace.py" "$hostile" 30000 >hostile.live &&
        "$strata" report hostile.live
) || stop "The pages could not be made."

# exports FORMAT FILE: of the program's trace.
exports() {
    "$strata" export program.trace --to "$1" -o "$2"
}
(
    cd "$out" &&
        "$strata" info program.trace --json >program.info.json &&
        exports speedscope program.speedscope.json &&
        exports dhat program.dhat &&
        exports perfetto program.perfetto.json &&
        "$build/tests/tool/phased_program" phases.trace &&
        "$strata" export phases.trace --to perfetto -o phases.perfetto.json
) || stop "The traces could not be exported."

# The arguments of a check in Python; counts whether it passed.
passed=0 failed=0
passes() {
    if python3 "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
}
chromium=$(command -v chromium)
passes "$here/check.py" "$chromium" "$axe" "$out" "$out/program.html" "$out/hostile.html"
passes "$here/exports.py" "$chromium" "$out" "$speedscope" /usr/libexec/valgrind "${trace_viewer%/*}"
if python3 "$root/docs/site/build.py" "$out"; then
    passes "$here/site.py" "$chromium" "$axe" "$out" "$out/site"
else
    failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
