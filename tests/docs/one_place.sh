#!/bin/sh
# one_place.sh ROOT LIBRARY COMPILER...
#
# Each option stands in one place of the sources: all defaults are changed there, in a copy, and
# texts, C++, what is built and the documentation follow.
set -u
root=$1
library=$2
shift 2
case $library in
    /*) ;;
    *) library=$PWD/$library ;;
esac
work=$(mktemp -d "${TMPDIR:-/tmp}/one_place.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -r "$root/include" "$root/src" "$root/docs" "$work" || exit 1

# Changes each default, and writes down what a text must show then: layer, option, value. The options
# are those that docs/reference.md lists.
python3 - "$work" >"$work/options" <<'END' || exit 1
import pathlib, re, sys

work = pathlib.Path(sys.argv[1])
headers = sorted((work / "include").rglob("*.hpp"))
of_no_description = {"fixed_buffer bytes", "stats counting", "segregator by", "segregator up_to"}


def member_of(layer, option):
    """The header with the description, its text, and where it has the member: type, default."""
    for header in headers:
        text = header.read_text()
        struct = re.search(rf"^struct (basic_)?{layer} \{{\n.*?^\}};", text, re.M | re.S)
        member = struct and re.compile(
            rf"^    ([\w:<>]+) {option}( = [^;]*|\{{[^;]*\}});$", re.M).search(text, *struct.span())
        if member:
            return header, text, member
    sys.exit(f"no description of {layer} has a member {option} with a default")


def other_value(type_, value, words):
    """Another value as C++ and as a text. As a text, 10000 has no unit."""
    if type_ == "bool":
        other = "false" if value == "true" else "true"
        return other, other
    if type_ == "double":
        return "2.5", "2.5"
    if type_ == "std::string_view":
        return '"other.trace"', "other.trace"
    if "byte" in type_:
        return "std::byte{3}", "3"
    if "size_t" in type_ or type_ == "unsigned":
        return "10000", "10000"
    scope, _, usual = value.rpartition("::")
    other = next(word for word in words if word != usual)
    return f"{scope}::{other}", other


layer = None
for line in (work / "docs" / "reference.md").read_text().splitlines():
    layer = line[3:] if line.startswith("## ") else layer
    row = re.match(r"\| `(\w+)`.*? \| (.*?) \| ", line)
    if not row or f"{layer} {row[1]}" in of_no_description:
        continue
    header, text, member = member_of(layer, row[1])
    value, shown = other_value(member[1], member[2].strip(" ="), re.findall(r"`(\w+)`", row[2]))
    begin, end = member.span(2)
    header.write_text(text[:begin] + " = " + value + text[end:])
    print(layer, row[1], shown, sep="|")
END

cat >"$work/main.cpp" <<'END'
#include <iostream>
#include <strata/strata.hpp>
static_assert(strata::pool{}.first_chunk == 10000);
static_assert(strata::limit{}.blocks == 10000);
int main() {
    auto memory = strata::strategy::parse("pool").build();
    (void)memory.allocate(100);
    std::cout << memory.usage().reserved_bytes.value() << " bytes reserved\n";
}
END
# The program's list of kinds stands before the library's.
compile() {
    out=$1
    source=$2
    shift 2
    "$@" "-I$work/include" "-I$work/src" "-I$work/src/compose" "$source" \
        "$work/src/compose/built_in_layers.cpp" "$library" -o "$work/$out"
}
compile main "$work/main.cpp" "$@" || exit 1
compile layer_options "$work/docs/examples/layer_options.cpp" "$@" || exit 1

failures=0
expect() {
    grep -qF "$1" "$2" || {
        echo "expected \"$1\" in $(basename "$2")"
        failures=1
    }
}
LD_LIBRARY_PATH=$(dirname "$library")
export LD_LIBRARY_PATH
"$work/main" >"$work/built"
python3 "$work/docs/reference.py" "$work/layer_options"
"$work/layer_options" >"$work/texts"
expect '10000 bytes reserved' "$work/built"
while IFS='|' read -r layer option text; do
    for page in texts docs/reference.md; do
        awk -v layer="## $layer" '/^## / { inside = $0 == layer } inside' "$work/$page" \
            >"$work/section of $layer in $(basename "$page")"
        expect "$option=$text" "$work/section of $layer in $(basename "$page")"
        grep "^| \`$option\` " "$work/section of $layer in $(basename "$page")" >"$work/row of $option"
        expect "| \`$text\` |" "$work/row of $option"
    done
    grep "^| \`$layer(" "$work/docs/composing.md" >"$work/row of $layer"
    expect "$option=$text" "$work/row of $layer"
done <"$work/options"
exit $failures
