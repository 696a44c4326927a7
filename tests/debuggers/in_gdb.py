#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""in_gdb.py ROOT LIBRARY WHAT...: what src/debuggers/strata_gdb.py shows in gdb.

printers PROGRAM   it is what tests/debuggers/printers.txt says, in the process and in a core file
                   of it; and `strata tree` has the figures of `strata::describe`
stripped PROGRAM   it is what tests/debuggers/stripped.txt says, if the library has no debug
                   information
page COMPILER...   what docs/debuggers.md shows is what gdb shows of the program there
table              each resource of the headers has a printer, with the options of docs/reference.md

Exit code 77: skipped.
"""

import atexit
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

root = pathlib.Path(sys.argv[1]).resolve()
library = pathlib.Path(sys.argv[2]).resolve()
what, *arguments = sys.argv[3:]
script = root / "src/debuggers/strata_gdb.py"
work = pathlib.Path(tempfile.mkdtemp(prefix="strata_gdb."))
atexit.register(shutil.rmtree, work, ignore_errors=True)
failures = []


def gdb(program, commands):
    """What gdb prints, without the addresses."""
    files = work / "commands"
    files.write_text("\n".join(["set confirm off", "set print pretty on", "set width 0",
                                f"source {script}", *commands]), encoding="utf-8")
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "DEBUGINFOD_URLS": "",
                   "LD_LIBRARY_PATH": str(library.parent)}
    run = subprocess.run(["gdb", "-nx", "-batch", "-x", files, *program], env=environment, cwd=work,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, encoding="utf-8", check=False)
    (work / "program.trace").unlink(missing_ok=True)  # of a program that ran
    if re.search(r"ptrace: Operation not permitted|Cannot PTRACE_|Couldn't get registers",
                 run.stdout):
        skip("gdb may not run a program here")
    if re.search(r'scripting (in the "python" language )?is not supported', run.stdout, re.I):
        skip("gdb has no Python")
    return re.sub(r"0x[0-9a-f]{4,}", "ADDRESS", run.stdout)


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def echoed(commands):
    """Each command after a line that shows it; errors do not end the list."""
    for command in commands:
        yield f"echo (gdb) {command}\\n"
        yield f'python\ntry: gdb.execute("{command}")\nexcept gdb.error as why: print(why)\nend'


def transcript(text):
    """The commands of a text, and the text as gdb prints it, which numbers its values."""
    return re.findall(r"^\(gdb\) (.*)", text, re.M), re.sub(r"^\$\d+ = ", "$1 = ", text, flags=re.M)


def shown(output):
    begin = output.find("(gdb) ")
    return re.sub(r"^\$\d+ = ", "$1 = ", output[begin:] if begin >= 0 else output, flags=re.M)


def expect(where, expected, found):
    lines = difflib.unified_diff(expected.strip().splitlines(), found.strip().splitlines(),
                                 "expected", f"found {where}", lineterm="", n=9)
    failures.extend(lines)


def stop_at(place, output):
    return ["set breakpoint pending on", f"break {place}", f"run > {output}"]


def check_printers(program):
    program = pathlib.Path(program).resolve()
    commands, expected = transcript((root / "tests/debuggers/printers.txt").read_text())
    names = re.findall(r'show\("(\w+)"', (root / "tests/debuggers/program.cpp").read_text())
    trees = [f"strata tree {name}" for name in names]
    core = work / "core"
    output = work / "output"
    printed = shown(gdb([program], [*stop_at("stop", output), "up", *echoed(commands),
                                    f"generate-core-file {core}", *echoed(trees)]))
    printed, _, drawn = printed.partition("Saved corefile")
    expect("in a process", expected, re.sub(r"^warning: .*\n", "", printed, flags=re.M))
    expect("in a core file", expected, shown(gdb([program, core], ["up", *echoed(commands)])))
    check_trees(names, output.read_text(), drawn)


def check_trees(names, described, drawn):
    """`strata tree` prints the rows of `describe`, without the overhead and the total."""
    texts = re.split(r"^== \w+\n", described, flags=re.M)[1:]
    trees = re.split(r"^\(gdb\) .*\n", drawn, flags=re.M)[1:]
    if not 10 < len(names) == len(texts) == len(trees):
        failures.append(f"expected {len(names)} trees, more than 10, but found {len(texts)} that "
                        f"the program describes and {len(trees)} in gdb")
    for name, text, tree in zip(names, texts, trees):
        rows = text.splitlines()[:-1]
        overhead = rows[0].index("overhead") + len("overhead") - 11
        expect(f"strata tree {name}",
               "\n".join((row[:overhead] + row[overhead + 11:]).rstrip() for row in rows),
               "\n".join(row.rstrip() for row in tree.splitlines()))


def check_stripped(program):
    stripped = work / library.name
    subprocess.run(["strip", "--strip-debug", "-o", stripped, library], check=True)
    commands, expected = transcript((root / "tests/debuggers/stripped.txt").read_text())
    found = gdb([pathlib.Path(program).resolve()],
                [f"set environment LD_PRELOAD {stripped}", *stop_at("stop", work / "output"), "up",
                 *echoed(commands)])
    expect("without debug information of the library", expected, shown(found))


def check_page(*compiler):
    page = (root / "docs/debuggers.md").read_text(encoding="utf-8")
    source = work / "main.cpp"
    source.write_text(re.search(r"^```cpp\n(.*?)^```", page, re.M | re.S)[1], encoding="utf-8")
    program = work / "program"
    subprocess.run([*compiler, "-std=c++20", "-g", f"-I{root}/include", source, library,
                    "-lboost_container", "-o", program], check=True)
    last = [number for number, line in enumerate(source.read_text().splitlines(), 1)
            if "std::cout" in line][-1]
    for block in re.findall(r"^```text\n(\(gdb\) .*?)^```", page, re.M | re.S):
        commands, expected = transcript(block)
        run = stop_at(f"main.cpp:{last}", work / "output")
        expect("docs/debuggers.md", expected, shown(gdb([program], [*run, *echoed(commands)])))


def check_table():
    """Inside of gdb, which is where the table can be read."""
    lines = gdb([], ["python",
                     "for name, layer in LAYERS.items():",
                     "    print('layer', name, layer.kind)",
                     "    for option in layer.options:",
                     "        print('option', layer.kind, option[0] or '-', option[2])",
                     "print('\\n'.join(f'layer {name} -' for name in WHOLES))",
                     "end"]).splitlines()
    known = {line.split()[1] for line in lines if line.startswith("layer ")}
    classes = resources_of_headers()
    if len(classes) < 20:
        failures.append(f"expected at least 20 resources in the headers, but found {classes}")
    for name in sorted(classes - known):
        failures.append(f"{name}: expected an entry in LAYERS of {script.relative_to(root)}")
    expected = options_of_reference()
    if len(expected) < 30:
        failures.append(f"docs/reference.md: expected at least 30 options, but found {expected}")
    found = {line for line in lines if line.startswith("option ")}
    for line in sorted(expected ^ found):
        place = "docs/reference.md" if line in found else script.relative_to(root)
        failures.append(f"{line}: expected in {place}, too")


def resources_of_headers():
    """The public classes that derive from std::pmr::memory_resource."""
    include = root / "include/strata"
    bases = (r"\b(?:resource|layer|adaptor|adaptor_of_several|described_pool|debug_base|"
             r"direct_calls|\w+_resource)\b")
    found = set()
    for header in include.rglob("*.hpp"):
        if "detail" not in header.relative_to(include).parts:
            text = re.sub(r"//.*", "", header.read_text(encoding="utf-8"))
            classes = re.findall(r"^class (\w+)[^;{]*?:\s+(public\b[^{]*)\{", text, re.M)
            found.update(f"strata::{name}" for name, derived in classes
                         if re.search(bases, derived))
    return found - {"strata::resource"}  # the base of all


def options_of_reference():
    kind = None
    found = set()
    for line in (root / "docs/reference.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            kind = line[3:]
        option = re.match(r"\| `(\w+)`(, without its name)? \| .*? \| (.*?) \|", line)
        if option:
            name = "-" if option[2] else option[1]
            found.add(f"option {kind} {name} {option[3].strip('`')}")
    return found


if shutil.which("gdb") is None:
    skip("no gdb")
{"printers": check_printers, "stripped": check_stripped, "page": check_page,
 "table": check_table}[what](*arguments)
for failure in failures:
    print(failure)
sys.exit(bool(failures))
