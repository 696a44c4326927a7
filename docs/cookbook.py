#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""cookbook.py [--check] PROGRAM...: puts programs and what they print into docs/cookbook.md.

Each PROGRAM is a built one of docs/examples/cookbook. With --check, changes nothing, but fails if
the page differs. Where the page shows commands, `$ ./NAME`, these are run instead of the program.
"""

import difflib
import os
import pathlib
import re
import subprocess
import sys

docs = pathlib.Path(__file__).resolve().parent
page = docs / "cookbook.md"
sources = docs / "examples" / "cookbook"
recipe = re.compile(
    r"(?<=^<!-- file: docs/examples/cookbook/)(\w+)(\.cpp -->\n```cpp\n)(.*?)"
    r"(```\n\n<!-- output -->\n```text\n)(.*?)(?=```$)", re.M | re.S)
environment = {**os.environ, "LC_ALL": "C.UTF-8"}
environment.pop("APP_MEMORY", None)  # a program that the page shows reads it


def run(program, command, expected):
    done = subprocess.run(command, cwd=program.parent, env=environment, text=True, shell=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60, check=False)
    if done.returncode not in expected:
        sys.exit(f"{command}: ends with exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def output_of(program, shown):
    commands = re.findall(r"^\$ (.*)", shown, re.M)
    if not commands:
        return run(program, f"./{program.name}", [0])
    return "".join(f"$ {each}\n" + run(program, each, [0, 1]) for each in commands)


def fill(found):
    name, to_source, _, to_output, shown = found.groups()
    if name not in programs:
        return found[0]
    source = (sources / f"{name}.cpp").read_text(encoding="utf-8")
    return name + to_source + source + to_output + output_of(programs[name], shown)


given = [pathlib.Path(each).resolve() for each in sys.argv[1:] if each != "--check"]
programs = {each.name: each for each in given}
if not programs:
    sys.exit(__doc__)

before = page.read_text(encoding="utf-8")
on_page = sorted(found[1] for found in recipe.finditer(before))
in_folder = sorted(file.stem for file in sources.glob("*.cpp"))
if on_page != in_folder:
    sys.exit(f"{page.name} has the programs {on_page}, but {sources.name}/ has {in_folder}")

after = recipe.sub(fill, before)
if "--check" not in sys.argv:
    page.write_text(after, encoding="utf-8")
elif after != before:
    sys.stdout.writelines(difflib.unified_diff(
        before.splitlines(True), after.splitlines(True), "the page", "the programs"))
    sys.exit(1)
