#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""amalgamate.py FOLDER: writes the library as two files, FOLDER/strata.hpp and FOLDER/strata.cpp.

For projects that copy their dependencies, and for Compiler Explorer. strata.hpp has all public
headers but those that include Boost's: the bridge to its resources and the macros for Boost.Test.
strata.cpp has the sources but that of the bridge. Nothing else is needed to compile and link them;
with -DSTRATA_BACKTRACE and -lbacktrace, call stacks have lines.
"""

import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parents[2]
include = root / "include"
src = root / "src"


def library_sources():
    text = (src / "meson.build").read_text(encoding="utf-8")
    listed = re.search(r"^strata_sources = files\(\n(.*?)^\)", text, re.M | re.S)
    if not listed:
        sys.exit("src/meson.build: found no list of sources; expected strata_sources = files(...)")
    names = [pathlib.Path(name) for name in re.findall(r"'(.*?)'", listed[1])]
    return [src / name for name in names
            if not needs_boost(include / "strata" / name.with_suffix(".hpp"))]


def public_headers():
    """strata.hpp first; it includes most of them."""
    headers = sorted(file for file in (include / "strata").rglob("*.hpp")
                     if "detail" not in file.parts and not needs_boost(file))
    return [include / "strata/strata.hpp", *headers]


def needs_boost(header):
    return header.is_file() and re.search(
        r"#include <(boost/|strata/testing/boost_test)", header.read_text(encoding="utf-8"))


def own_header(line, file):
    """The file of this library that a line includes, or None."""
    named = re.match(r'\s*#\s*include\s*(?:<(strata/[^>]+)>|"([^"]+)")', line)
    if not named:
        return None
    folders = [include] if named[1] else [file.parent, src]
    for folder in folders:
        if (found := folder / (named[1] or named[2])).is_file():
            return found
    sys.exit(f"{file.relative_to(root)}: found no file for {line.strip()}")


def guard_of(lines):
    """The line of a header's include guard, or None."""
    for number, line in enumerate(lines[:-1]):
        guard = re.match(r"#ifndef (STRATA_\w+_HPP)$", line)
        if guard and lines[number + 1] == f"#define {guard[1]}":
            return number
    return None


def pasted(file, seen, is_certain=True):
    """The lines of a file with those of the library's headers that it includes.

    A header in `seen` is not repeated. One that is included on a condition may be left out by the
    compiler, so it does not count as seen; its guard sees to repetitions.
    """
    lines = file.read_text(encoding="utf-8").splitlines()
    guard = guard_of(lines)
    if guard is not None:
        if file in seen:
            return
        if is_certain:
            seen.add(file)
    yield f"// {file.relative_to(include if include in file.parents else src)}"
    conditions = 0
    for number, line in enumerate(lines):
        if number != guard and re.match(r"\s*#\s*if", line):
            conditions += 1
        elif conditions and re.match(r"\s*#\s*endif", line):
            conditions -= 1
        header = own_header(line, file)
        if header is None:
            yield line
        else:
            yield from pasted(header, seen, is_certain and conditions == 0)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    seen = set()
    header = [line for file in public_headers() for line in pasted(file, seen)]
    source = [line for file in library_sources() for line in pasted(file, seen)]
    (folder / "strata.hpp").write_text("\n".join([*header, ""]), encoding="utf-8")
    (folder / "strata.cpp").write_text("\n".join(['#include "strata.hpp"', *source, ""]),
                                       encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
