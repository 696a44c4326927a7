#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""The public names of the headers with their comments.

    python3 docs/site/headers.py    says which of them have no comment

The site has a page of them for each folder; docs/reference.md has the resources.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import reference

include = reference.root / "include" / "strata"

# Their meaning is that of the standard, or of `resource`, or of what every description has (`stack`
# and docs/composing.md tell of it).
known = set("""
    allocate allocator_type begin capacity data deallocate empty end get_allocator max_size size
    try_allocate what
    contradiction is_source layer_name name only_from_below option_table options passes_sizes_on
    resource_type threads tries_by_catching upstream_resource
    boost_test_print_type tally word
""".split())


def public_headers():
    return [file for file in sorted(include.rglob("*.hpp"))
            if "detail" not in file.parts and file.name not in ("strata.hpp", "all.hpp")]


def by_namespace(text):
    """(namespace, its comment, what stands in it); without the preprocessor and `detail`."""
    text = re.sub(r"^#.*(?<!\\)\n|^#.*(?:\\\n.*)+\n", "", text, flags=re.M)
    names, comment, comments, inside = [], "", {}, {}
    for line in text.splitlines(keepends=True):
        opened = re.match(r"namespace ([\w:]+) \{", line)
        if opened:
            names.append(opened[1])
            comments.setdefault("::".join(names), comment)
        elif line.startswith("}  // namespace"):
            names.pop()
        elif names:
            inside["::".join(names)] = inside.get("::".join(names), "") + line
        comment = comment + line if line.startswith("///") else ""
    return [(of, comments[of], text) for of, text in inside.items()
            if "detail" not in of.split("::")]


def items(text):
    """(comment, declaration, whether a blank line is before it) in a namespace or a class."""
    # A comment behind a line is one before it.
    text = re.sub(r"^( *)(?!///)(\S.*[;,{])[ \t]+///?<? (.*)$", r"\1/// \3\n\1\2", text, flags=re.M)
    text = re.sub(r"^( *)//(?!/)", r"\1///", text, flags=re.M)
    for each in reference.statements(text):
        before = re.match(r"(\s*///.*\n|\s*\n)*", each)[0]
        comment = [line.strip()[4:] for line in before.splitlines() if line.strip()]
        yield comment, each[len(before):].strip(), bool(re.match(r"\s*\n\s*\n", each))


def name_of(code):
    """What a declaration declares; None if that needs no comment: it is no definition, or a
    constructor, a guide for deduction, an operator, a specialisation."""
    if re.match(r"(friend|static_assert|extern|template <>)", code):
        return None
    code = re.sub(r"^\s*requires\b.*\n|\[\[.*?\]\]\s*", "", code, flags=re.M)
    code = code.replace("decltype(auto)", "auto")
    while re.search("<[^<>]*>", code):
        code = re.sub(r"\s?<[^<>]*>", "", code)
    code = re.sub(r"^template\s+", "", code)
    kind = re.match(r"(?:class|struct|enum class|enum|concept|using) ([\w:]+)", code)
    if kind:
        return kind[1] if re.search("[{=]", code) else None
    before = code.split("(")[0].split(" = ")[0]
    is_constructor = re.match(r"((explicit|constexpr|consteval|inline) )*[\w:~]+\(", code)
    is_operator = re.search(r"\boperator\b", before)
    if is_constructor or is_operator or code.endswith(("delete", "default")):
        return None
    name = re.search(r"([\w:]+)(\[.*\]|\{.*)?$", before.strip(), re.S)
    return name[1] if name and "::" not in name[1] else None


def class_of(code):
    """What is public in the class that `code` defines; nothing if it defines none."""
    start = re.match(r"(?:template <[^{]*>\s*|requires\b.*\s)*(class|struct) [^;{()=]*\{", code)
    if not start:
        return ""
    body = code[start.end():reference.end_of(code, start.end() - 1) - 1]
    access = "private" if start[1] == "class" else "public"
    return reference.public_section(f"{access}:\n{body}")


def undocumented(text, of="", explained=""):
    """Names without a comment: on themselves, on the lines right above, on another overload, or on
    the class, which may explain its members. Each option has a comment of its own."""
    has_comment, documented = False, set(known)
    has_options = bool(of) and " option_table()" in text
    for comment, code, after_blank in items(text):
        has_comment = bool(comment) or has_comment and not after_blank and not has_options
        name = name_of(code)
        if has_comment:
            documented.add(name)
        elif name and name not in documented and not re.search(rf"\b{name}\b", explained):
            yield of + name
        yield from undocumented(class_of(code), f"{name}::" if name else "", " ".join(comment))


def check():
    missing, names = [], 0
    for file in public_headers():
        for _, comment, text in by_namespace(reference.read(file)):
            names += len(list(items(text)))
            if not comment:
                missing += [f"{file.relative_to(reference.root)}: {name} has no comment"
                            for name in undocumented(text)]
    if names < 250:
        missing.append(f"only {names} names were found")
    if missing:
        raise SystemExit("\n".join(missing))


def signature(code):
    """A declaration without bodies, initialisers and attributes."""
    if re.match(r"(using|enum|concept|template <[^{]*>\s*(using|concept))\b", code):
        return code.rstrip(";") + ";"
    head = re.match(r"((?:template <[^{]*>\s*)?(?:requires\b.*\s)*(?:class|struct)) ([\w:]+)", code)
    if head:
        members = reference.declarations(without_plain_comments(class_of(code)))
        return "\n".join([f"{head[1]} {head[2]};", *members])
    declarations = reference.declarations(code + ";")
    return "\n".join(declarations) or re.sub(r"\[\[.*?\]\]\s*", "", code) + ";"


def without_plain_comments(text):
    return reference.public_part("public:\n" + text)


def entries(text):
    """(name, comment, signature) of each documented name, overloads and the like with it."""
    entry = None
    for comment, code, after_blank in items(text):
        name = name_of(code)
        if comment and name:
            if entry:
                yield entry
            entry = (name, comment, signature(code))
        elif entry and name and not after_blank and not class_of(code):
            entry = (*entry[:2], entry[2] + "\n" + signature(code))
    if entry:
        yield entry


def of_macros(text):
    for comment, name in re.findall(r"((?:^///.*\n)+)#define (\w+(?:\([^)]*\))?)", text, re.M):
        yield name.split("(")[0], [line[4:] for line in comment.splitlines()], f"#define {name}"


def section(name, comment, code):
    before, after = reference.parts(comment)
    lines = [f"### {name}", "", reference.prose(before), "", f"```c++\n{code}\n```", ""]
    return "\n".join(lines + [f"- **{label}:** {text}" for label, text in after.items()] + [""])


def pages():
    """The site's pages of names, by their places."""
    resources = reference.headers()
    made = {}
    for file in public_headers():
        header = file.relative_to(include)
        text = reference.read(file)
        out = []
        for of, comment, part in by_namespace(text):
            if comment:
                lines = [line[4:] for line in comment.splitlines()]
                code = [signature(each) for _, each, _ in items(part)]
                out.append(section(of, lines, "\n".join(filter(None, code))))
            for name, lines, code in entries(part):
                if header.with_suffix("").as_posix() in resources and name == file.stem:
                    short = name.removesuffix("_resource").replace("page", "pages")
                    out.append(f"### {name}\n\nSee [{short}](../reference.md#{short}).\n")
                else:
                    out.append(section(name, lines, code))
        out += [section(*macro) for macro in of_macros(text)]
        if not out:
            continue
        page = f"headers/{header.parent}.md"
        made.setdefault(page, f"# Headers: {header.parent}/\n")
        made[page] += f"\n## {header.name}\n\n`#include <strata/{header}>`\n\n" + "\n".join(out)
    return made


if __name__ == "__main__":
    check()
