#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""pages.py ROOT: what the pages say that can be looked up holds.

- Each link leads to a file that is there, and to a heading of that page.
- Each file or folder of this repository that a page names is there. (docs/decisions is history.)
- Figures that stand in a page and in a test are the same.
- docs/CONTRIBUTING.md answers ten questions, each with one file.
"""

import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
failures = []


def read(file):
    return (root / file).read_text(encoding="utf-8")


def without_blocks(text):
    return re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)


def anchors(page):
    """The headings of a page, as a link names them."""
    headings = re.findall(r"^#+ (.*)", without_blocks(page.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def check_links(page, text):
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+://", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            failures.append(f"{page.relative_to(root)}: no file {target}")
        elif anchor and anchor not in anchors(file):
            failures.append(f"{page.relative_to(root)}: no heading {target}")


def check_names(page, text):
    tests = read("tests/docs/meson.build")
    named = r"(?<![\w./-])(?:(?:docs|include|src|tests|\.ci)/[\w./-]*\w|\w[\w/]*/\w+\.hpp)"
    for name in re.findall(named, text):
        places = (root / above / name for above in ("", "include", "include/strata"))
        if not any(place.exists() for place in places) and f"'{name}'" not in tests:
            failures.append(f"{page.relative_to(root)}: no file {name}")


def check_tests(page, text):
    """Tests by folder and name, `interop/global_new`; those of situations/ have composed names."""
    lists = "".join(read(file) for file in (root / "tests").rglob("meson.build"))
    folders = "|".join(file.name for file in (root / "tests").iterdir()
                       if file.is_dir() and file.name != "situations")
    for folder, name in re.findall(rf"`({folders})/(\w+)`", text):
        is_file = list((root / "tests" / folder).glob(f"{name}_test.*"))
        if not is_file and not re.search(rf"'(?:{folder}/)?{name}'", lists):
            failures.append(f"{page.relative_to(root)}: no test {folder}/{name}")


def check_costs():
    """The table of costs in docs/reliability.md, and the figures that the test holds calls to."""
    recorded = dict(
        (name, list(map(int, figures)))
        for name, *figures in re.findall(
            r'require_as_recorded\(\s*"([^"]+)",\s*\w+,\s*\{(\d+), (\d+)\},\s*\{(\d+), (\d+)\}[,)]',
            read("tests/conformance/hot_paths_test.cpp")))
    rows = re.findall(r"^\| (`.*?) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$",
                      read("docs/reliability.md"), re.M)
    if len(recorded) < 7 or len(rows) < 7:
        failures.append("docs/reliability.md: the table of costs, or what it is compared with, "
                        "was not found")
    for name, *figures in rows:
        name = name.replace("`", "")
        if recorded.get(name) != list(map(int, figures)):
            failures.append(f"docs/reliability.md says {figures} of {name}, but hot_paths_test.cpp "
                            f"{recorded.get(name)}")
    operator_new = re.findall(r"<= most\((\d+)\)",
                              read("tests/interop/global_instructions_test.cpp"))
    pool = recorded.get("concurrent_pool", [0, 0])
    said = (f"take {operator_new[0]} and {operator_new[1]} instructions through `operator new` and "
            f"`operator delete`, and {pool[0]} and {pool[1]} as calls of the pool itself")
    if said not in read("docs/whole-program.md"):
        failures.append(f"docs/whole-program.md does not say what the tests say: {said}")


def check_questions():
    text = read("docs/CONTRIBUTING.md")
    rows = re.findall(r"^\| (Wh.*\?) \|(.*)\|$", text, re.M)
    if len(rows) != 10:
        failures.append(f"docs/CONTRIBUTING.md: {len(rows)} questions, not ten")
    for question, answer in rows:
        files = re.findall(r"\]\(\.\./([^)]+)\)", answer)
        if len(files) != 1:
            failures.append(f"docs/CONTRIBUTING.md: not one file for: {question}")
            continue
        for name in re.findall(r"`(?:struct )?(\w+)`", answer):
            if (root / files[0]).exists() and not re.search(rf"\b{name}\b", read(files[0])):
                failures.append(f"docs/CONTRIBUTING.md: no {name} in {files[0]}")


for each in pages:
    prose = without_blocks(each.read_text(encoding="utf-8"))
    check_links(each, prose)
    if "decisions" not in each.parts and each.name not in ("CHANGELOG.md", "reference.md"):
        check_names(each, prose)
        check_tests(each, prose)
check_costs()
check_questions()
if failures:
    sys.exit("\n".join(failures))
