#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""Makes docs/reference.md, and the table of layers in docs/composing.md, of the headers and of what
the program layer_options prints.

    python3 docs/reference.py PROGRAM            writes them
    python3 docs/reference.py PROGRAM --check    says whether they are as they would be written
"""

import pathlib
import re
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent
page = root / "docs" / "reference.md"
composing = root / "docs" / "composing.md"

# In the order of the page: what gets memory, divides it, passes calls on; what tests use.
folders = ("sources", "strategies", "adaptors", "testing")
labels = ("Routing", "Lifetime", "Overhead", "Complexity", "Errors", "Threads")


def read(file):
    return file.read_text(encoding="utf-8")


def headers():
    """Those that have a resource: a class of the header's name with a `do_allocate`."""
    include = root / "include" / "strata"
    return [file.relative_to(include).with_suffix("").as_posix() for folder in folders
            for file in sorted((include / folder).glob("*_resource.hpp"))
            if "* do_allocate(" in read(file)]


def class_of(header, text):
    """The comment of the class and the class, from its first line to its closing brace."""
    name = header.split("/")[1]
    found = re.search(
        r"((?:^///[^\n]*\n)+)((?:template [^\n]*\n)?(?:    requires[^\n]*\n)?class " + name +
        r"\b[^;{]*\{\n.*?^\};)", text, re.M | re.S)
    if not found:
        raise SystemExit(f"{header}.hpp: no class {name} with a comment was found")
    comment = [line[4:] if len(line) > 4 else "" for line in found[1].splitlines()]
    return comment, found[2]


def parts(comment):
    """Of a comment: the text before the labels, and what follows each label."""
    before, after, label = [], {}, None
    for line in comment:
        start = re.match(r"(\w+): (.*)", line)
        if start and start[1] in labels:
            label = start[1]
            after[label] = [start[2]]
        elif label:
            after[label].append(line)
        else:
            before.append(line)
    return before, {name: " ".join(lines).strip() for name, lines in after.items()}


def prose(lines):
    """Paragraphs and items of lists as a line each; what is indented is code."""
    out = []
    for paragraph in "\n".join(lines).strip().split("\n\n"):
        if paragraph.startswith("    "):
            code = "\n".join(line[4:] for line in paragraph.splitlines())
            out.append(f"```c++\n{code}\n```")
        else:
            before, *items = [" ".join(part.split()) for part in re.split(r"\n(?=- )", paragraph)]
            out.append(before)
            if items:
                out.append("\n".join(items))
    return "\n\n".join(out)


def public_section(body):
    """What stands under `public:`.

    What follows a comment `// For the library.` up to a blank line is not for users.
    """
    text = ""
    for section in re.split(r"^(?=(?:public|protected|private):)", body, flags=re.M):
        if section.startswith("public:"):
            text += section[len("public:"):]
    return re.sub(r"^\s*// For the library\..*?\n\n", "", text, flags=re.M | re.S)


def public_part(body):
    """What stands under `public:`, without comments that are not for users."""
    return re.sub(r"^\s*//(?!/).*\n|[ \t]+//(?!/).*|/\*.*?\*/", "", public_section(body),
                  flags=re.M)


def end_of(text, begin):
    """The place after the bracket that closes the one at `begin`."""
    opening = text[begin]
    closing = {"(": ")", "{": "}"}[opening]
    depth = 0
    for place in range(begin, len(text)):
        depth += (text[place] == opening) - (text[place] == closing)
        if depth == 0:
            return place + 1
    raise SystemExit("a bracket is not closed: " + text[begin:begin + 80])


def statements(text):
    """What stands between semicolons and bodies, without the bodies."""
    start, at = 0, 0
    while at < len(text):
        if text.startswith("///", at):
            at = text.index("\n", at)
        elif text[at] == "(":
            at = end_of(text, at)
        elif text[at] == "{":
            head = text[start:at]
            at = end_of(text, at)
            following = text[at:].lstrip()[:1]
            is_function = ")" in head
            initialises = following in (",", "{") and re.search(r"\)[^()]*\s:\s", head)
            if is_function and not initialises and following != ";":
                yield head
                start = at
        elif text[at] == ";":
            yield text[start:at]
            at += 1
            start = at
        else:
            at += 1


def declarations(text):
    """The declarations with their comments, without initialisers and attributes."""
    lines = []
    for each in statements(text):
        comment = [line.strip().replace("///", "//", 1) for line in each.splitlines()
                   if line.strip().startswith("///")]
        line = " ".join(part.strip() for part in each.splitlines()
                        if not part.strip().startswith("///")).strip()
        line = re.sub(r"\[\[[^\]]*\]\]\s*", "", line)
        line = re.sub(r"\s*\bSTRATA_LIFETIME_BOUND\b", "", line)
        line = re.sub(r"\)([^()]*?) : .*$", r")\1", line)
        line = line.replace("std::pmr::memory_resource", "memory_resource")
        line = line.replace("( ", "(").replace(" ,", ",")
        line = re.sub(r"<(detail::\w+) = (\w+)>", r"<\1 \2>", line)
        is_left_out = re.search(r"~\w+\(|= delete|\boverride\b|^(friend|using|struct|class|enum|virtual)\b|"
                                r"^void\*? (de|try_)?allocate\(", line)
        if line and not is_left_out:
            lines += comment + [line + ";"]
    return lines


def public_base(body):
    """What the class has from a base of its own."""
    base = re.search(r"class (\w+)\s+: public "
                     r"(adaptor|detail::(?!layer|direct_calls|adaptor_of)\w+)(?:<([\w, ]*)>)?", body)
    if not base:
        return ""
    name = base[2].removeprefix("detail::")
    text = "".join(read(file) for file in (root / "include").rglob(name + ".hpp"))
    found = re.search(r"(?:^template <([^\n]*)>\n)?^class " + name + r"\b[^;{]*\{", text, re.M)
    if not found:
        raise SystemExit(f"no header {name}.hpp has the class {name}")
    members = public_part(text[found.end():])
    if base[2] != name and base[3]:  # a template: its members with the class's own names
        for parameter, argument in zip(re.findall(r"class (\w+)", found[1]), base[3].split(", ")):
            members = re.sub(rf"\b{parameter}\b", argument, members)
        members = re.sub(rf"\b{name}\b", base[1], members)
    return members


def only_in_cpp(name, options):
    """The members of a layer's description that no text can set, as declarations."""
    descriptions = "".join(found[1] for file in sorted((root / "include").rglob("*.hpp"))
                           for found in re.finditer(
                               rf"^struct (?:basic_)?{name}\b[^;{{]*\{{\n(.*?)^\}};", read(file),
                               re.M | re.S))
    lines = []
    for comment, kind, member, value in re.findall(
            r"((?:    ///[^\n]*\n)+)    ([^\n;]*[\w>*]) (\w+)((?: = |\{)[^;]*)?;", descriptions):
        if "static" not in kind and f"| `{member}`" not in options:
            lines += [line.strip().replace("///", "//", 1) for line in comment.splitlines()]
            lines.append(" ".join(f"{kind} {name}::{member}{value};".split()))
    return lines


def tables(program):
    printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    return {section.split("\n", 1)[0]: section.split("\n", 1)[1].strip()
            for section in printed.split("## ")[1:]}


def section(header, options):
    text = read(root / "include" / "strata" / (header + ".hpp"))
    comment, body = class_of(header, text)
    before, after = parts(comment)
    missing = [label for label in labels if label not in after]
    if missing:
        raise SystemExit(f"{header}.hpp: the comment says nothing of {', '.join(missing)}")
    class_name = header.split("/")[1]
    name = class_name.removesuffix("_resource")
    name = "pages" if name == "page" else name
    lines = [f"## {name}", "", f"`strata::{class_name}`, in `<strata/{header}.hpp>`", "",
             prose(before), ""]
    if options.get(name):
        lines += [options[name], ""]
    head = re.match(r"template <[^>][^\n]*\n", body)
    lines += ["```c++"] + ([head[0].strip() + f" class {class_name};"] if head else [])
    own = declarations(public_part(body))
    inherited = declarations(public_base(body))
    lines += only_in_cpp(name, options.get(name, ""))
    lines += own + [line for line in inherited if line not in own] + ["```", ""]
    lines += [f"- **{label}:** {after[label]}" for label in labels] + [""]
    return name, "\n".join(lines)


def whole(options):
    sections = dict(section(header, options) for header in headers())
    unknown = [name for name in options if name not in sections]
    if unknown:
        raise SystemExit(f"no header is known of the layers {', '.join(unknown)}")
    contents = ", ".join(f"[{name}](#{name})" for name in sections)
    return f"""# Reference: every resource

<!-- Made by `python3 docs/reference.py`: change the headers and the tables of options there. -->

{contents}

For each resource: what it is for, its options, constructors and members, and what it costs. Each has `allocate(bytes, alignment)` and `deallocate(block, bytes, alignment)` too, and what docs/composing.md says of `try_allocate`, `try_expand` and `allocate_at_least`. An option stands in a text, `pool(first_chunk=64KiB)`. In C++ it is a member of the description with the name of the layer, `strata::pool{{.first_chunk = 64_KiB}}`; what a text cannot set, as the callback of `retry` or the way of counting of `stats`, is among the declarations. Every description has the option `name`: up to 23 bytes that tell the resource from others in trees, messages and reports, `strata::pool{{.name = "orders"}}` or `pool(name=orders)`; `label()` tells it. `options()` of each resource is a description, with the options in force, and each but `fallback` and `segregator` can be made from its description alone. Sizes are in bytes, and in texts may have a unit: `B`, `KiB`, `MiB`, `GiB`, `TiB`. A text with a value outside the range is refused. In C++ most classes take the nearest value instead; where there is an `options()`, it tells which. In the declarations `memory_resource` is `std::pmr::memory_resource`.

""" + "\n".join(sections.values())


def with_layers(text, options):
    """docs/composing.md with the table of layers."""
    rows = ["| Layer, with its defaults | Draws from |", "|---|---|"]
    for printed in options.values():
        layer, below = re.match(r"In a text: (`.*`); draws from (.*)\.", printed).groups()
        rows.append(f"| {layer} | {below} |")
    text, tables_found = re.subn(
        r"(<!-- layers: .*? -->\n).*?(<!-- end of layers -->)",
        lambda found: found[1] + "\n" + "\n".join(rows) + "\n\n" + found[2], text, flags=re.S)
    if tables_found != 1:
        raise SystemExit(f"{composing}: {tables_found} marks of the table of layers, not one")
    return text


def main():
    if len(sys.argv) < 2 or sys.argv[2:] not in ([], ["--check"]):
        raise SystemExit(__doc__)
    options = tables(sys.argv[1])
    made = {page: whole(options), composing: with_layers(read(composing), options)}
    for file, text in made.items():
        if "--check" not in sys.argv[2:]:
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or read(file) != text:
            raise SystemExit(f"{file.relative_to(root)} is not what the headers say: run\n"
                             f"  python3 docs/reference.py {sys.argv[1]}")


if __name__ == "__main__":
    main()
