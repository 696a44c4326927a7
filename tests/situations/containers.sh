#!/bin/sh
# containers.sh LIBRARY ROOT COMPILER...
#
# A program whose containers are laid out in another way than the library's does not link, and the
# linker's message says why: see detail/same_containers.hpp.
set -u
library=$1
root=$2
shift 2
work=$(mktemp -d "${TMPDIR:-/tmp}/containers.XXXXXX")
trap 'rm -rf "$work"' EXIT

cat >"$work/main.cpp" <<'END'
#include <strata/compose/strategy.hpp>
int main() { return strata::strategy::parse("pool").layers().size() == 1 ? 0 : 1; }
END
set -- "$@" "-I$root/include" "-I$root/src"
link() {
    "$@" "$work/main.cpp" "$library" -o "$work/program" 2>&1
}

link "$@" || { echo "does not link with the same containers"; exit 1; }
LD_LIBRARY_PATH=$(dirname "$library") "$work/program" || { echo "does not run"; exit 1; }

# The program is compiled with the macro and the library without it.
for macro in _GLIBCXX_DEBUG _GLIBCXX_USE_CXX11_ABI=0; do
    name=${macro#_}
    if output=$(link "$@" -D$macro); then
        echo "a program with $macro links with a library without it"
        exit 1
    fi
    printf '%s\n' "$output" | grep -q "strata_was_compiled_with.*${name%=0}" || {
        printf 'the linker does not say why a program with %s does not link:\n%s\n' \
            "$macro" "$output"
        exit 1
    }
done

# And the other way round: what the library would have if it were compiled with the macro.
"$@" -D_GLIBCXX_DEBUG -c "$root/src/detail/same_containers.cpp" -o "$work/with.o" || exit 1
echo '#include <strata/core/resource.hpp>
int main() {}' >"$work/bare.cpp"
if output=$("$@" "$work/bare.cpp" "$work/with.o" -o "$work/program" 2>&1); then
    echo "a program without _GLIBCXX_DEBUG links with a library with it"
    exit 1
fi
printf '%s\n' "$output" | grep -q strata_was_compiled_without_GLIBCXX_DEBUG || {
    printf 'the linker does not say why:\n%s\n' "$output"
    exit 1
}
"$@" -D_GLIBCXX_DEBUG "$work/bare.cpp" "$work/with.o" -o "$work/program" || {
    echo "a program with _GLIBCXX_DEBUG does not link with a library with it"
    exit 1
}
