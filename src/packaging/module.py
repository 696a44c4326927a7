#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""Makes strata.cppm, the C++20 module `strata`, of the public headers.

    python3 src/packaging/module.py CLANG            writes it
    python3 src/packaging/module.py CLANG --check    says whether it is as it would be written

Any clang++ from 14 on can tell the names. Headers that need Boost are not in the module.
"""

import pathlib
import re
import subprocess
import sys

from amalgamate import include, public_headers, root

file = root / "src" / "packaging" / "strata.cppm"

# It differs between sources with and without NDEBUG, so its linkage is internal.
not_exported = ("strata::checked",)

head = """\
// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// The module `strata`: the public names of the library, but those of the headers that need Boost.
// Macros, such as STRATA_GLOBAL_RESOURCE, and `strata::checked` are in headers alone; a program may
// include those before `import strata;`. Made by src/packaging/module.py.
module;

"""


def clang(compiler, source, *arguments):
    return subprocess.run(
        [compiler, "-std=c++20", "-I", include, "-fsyntax-only", "-x", "c++", "-", *arguments],
        input=source, capture_output=True, text=True, check=False)


def namespaces():
    """Those in which users name something."""
    found = {"strata"}
    for header in public_headers():
        found |= set(re.findall(r"^namespace (strata(?:::\w+)*) \{", header.read_text(), re.M))
    return sorted(name for name in found if "detail" not in name)


def exported(compiler, includes):
    """The names of each namespace, without those of the namespaces in it."""
    listed = clang(compiler, includes, "-Xclang", "-ast-list", "-Xclang",
                   "-ast-dump-filter=strata::")
    if listed.returncode != 0:
        sys.exit(listed.stderr)
    spaces = namespaces()
    pattern = re.compile(rf"({'|'.join(spaces)})::(\w+|operator\W+\w*)$")
    found = {match.groups() for match in map(pattern.match, listed.stdout.splitlines()) if match}
    usings = [f"using {space}::{name};" for space, name in sorted(found)
              if name != "detail" and f"{space}::{name}" not in (*spaces, *not_exported)]
    # Listed too, but not to be named: template parameters, functions that only arguments find.
    refused = clang(compiler, includes + "\n".join(usings), "-ferror-limit=0")
    names = set(re.findall(r"no member named '(.+?)' in namespace '(.+?)'", refused.stderr))
    return {space: [using for using in usings if re.fullmatch(rf"using {space}::[^:]+;", using)
                    and (using[len(f"using {space}::"):-1], space) not in names]
            for space in spaces}


def text(compiler):
    includes = "".join(f"#include <{header.relative_to(include)}>\n"
                       for header in public_headers())
    lines = [head + includes, "export module strata;"]
    for space, usings in exported(compiler, includes).items():
        lines += ["", f"export namespace {space} {{", *usings, f"}} // namespace {space}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--check"]):
        sys.exit(__doc__)
    made = text(sys.argv[1])
    if len(sys.argv) == 2:
        file.write_text(made, encoding="utf-8")
    elif file.read_text(encoding="utf-8") != made:
        sys.exit(f"{file.name} is not as module.py writes it: run it without --check")
