#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""instructions.py PROGRAM [--numbers FILE]

Counts, with callgrind, the instructions of one operation on each path of each contender, the loop
around it subtracted. They are the same every time. An operation is an allocation (batch, aligned) or
an allocation and a deallocation (pair, small).

--numbers FILE  also writes them to FILE, for strata_benchmarks --numbers=FILE
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PATHS = ["batch", "aligned", "pair", "small"]


def counted(program):
    """{contender: {path: instructions an operation}}, in the order of the program."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out"
        ran = subprocess.run(
            ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}",
             program], capture_output=True, text=True,
            # Set here, since under valgrind the program cannot start itself again to set it.
            env=os.environ | {"GLIBC_TUNABLES": "glibc.rtld.optional_static_tls=16384"})
        if ran.returncode != 0:
            sys.exit(f"{program} failed under valgrind:\n{ran.stderr}")
        found = {}
        numbered = [(int(file.suffix[1:]), file) for file in pathlib.Path(folder).glob("out.*")]
        for _, file in sorted(numbered):
            text = file.read_text()
            name = re.search(r"^desc: Trigger: Client Request: (\S+)/(\S+) (\d+)$", text, re.M)
            total = re.search(r"^(?:summary|totals): (\d+)", text, re.M)
            if name and total:
                paths = found.setdefault(name[1], {})
                paths[name[2]] = int(total[1]) / int(name[3])
    loop = found.pop("loop")
    return {contender: {path: total - loop[path] for path, total in paths.items()}
            for contender, paths in found.items()}


def print_table(found):
    print("\n== instructions an operation, the loop around it subtracted\n")
    print(" " * 28 + "".join(f"{path:>10}" for path in PATHS))
    for contender, paths in found.items():
        cells = (f"{paths[path]:10.1f}" if path in paths else f"{'-':>10}" for path in PATHS)
        print(f"{contender:28}" + "".join(cells))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("program")
    parser.add_argument("--numbers")
    given = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("valgrind is missing")
    found = counted(given.program)
    if given.numbers:
        pathlib.Path(given.numbers).write_text(
            "".join(f"instructions/{contender}/{path} {value:.1f}\n"
                    for contender, paths in found.items() for path, value in paths.items()))
    print_table(found)


if __name__ == "__main__":
    main()
