#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""compare.py [--rounds N] [--base NAME]... [--markdown] NAME=COMMAND...

Runs commands that should print the same in turns, and compares what they take. A COMMAND may have
variables of its environment in front:

    compare.py 'glibc=build/atlas DATA' 'mimalloc=LD_PRELOAD=libmimalloc.so.2 build/atlas DATA'

A round runs each once, in an order that rotates. Times are medians of all rounds; a ratio is to a
base line in the same round, and then the median of those. CPU is user and system time of all
threads. The peak is of memory in use, the highest of all rounds.

--rounds N   how many (11), after one that warms up
--base NAME  a base line; may be repeated (glibc and mimalloc, where they take part)
--markdown   a table for the documentation

What lacks a library or its program is left out, and said so. Fails if a run fails, or if two runs
do not print the same.
"""
import argparse
import os
import re
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

MISSING = re.compile(r"^.*(?:cannot be preloaded|error while loading shared libraries).*$", re.M)


class Missing(Exception):
    """A contender lacks what it needs to run at all."""


@dataclass
class Run:
    wall: float  # milliseconds
    cpu: float
    peak: float  # MiB


@dataclass
class Contender:
    name: str
    variables: dict
    command: list
    runs: list = field(default_factory=list)

    def median(self, what):
        return statistics.median(getattr(run, what) for run in self.runs)

    def ratio(self, base, what):
        return statistics.median(getattr(ours, what) / getattr(theirs, what)
                                 for ours, theirs in zip(self.runs, base.runs))

    def peak(self):
        return max(run.peak for run in self.runs)


def contender(text):
    name, equals, rest = text.partition("=")
    words = shlex.split(rest)
    variables = {}
    while words and re.match(r"[A-Za-z_]\w*=", words[0]):
        variable, _, variables[variable] = words.pop(0).partition("=")
    if not (name and equals and words):
        raise argparse.ArgumentTypeError(f"{text!r} is no NAME=COMMAND")
    return Contender(name, variables, words)


def run(one):
    """A run of that contender, and what it printed."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begin = time.perf_counter()
        try:
            # Not Popen.wait: only wait4 tells what this one child has used.
            child = subprocess.Popen(one.command, env=os.environ | one.variables,
                                     stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        except OSError as error:
            raise Missing(f"{one.command[0]}: {error.strerror}") from error
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        printed = out.read()
        said = err.read().decode(errors="replace")
    # Where a library to preload is missing, the loader says so and goes on without it.
    if missing := MISSING.search(said):
        raise Missing(missing[0])
    if child.returncode != 0:
        sys.exit(f"{one.name} failed with status {child.returncode}:\n{said}")
    return Run(1000 * wall, 1000 * (used.ru_utime + used.ru_stime), used.ru_maxrss / 1024), printed


def table(contenders, bases):
    """Rows of cells, the heading first."""
    rows = [["", "wall ms", "CPU ms"]
            + [f"{what} / {base.name}" for base in bases for what in ("wall", "CPU")]
            + ["peak MiB"]]
    # A child has the pages of this process until it becomes the command: less cannot be told.
    floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for one in contenders:
        rows.append([one.name, f"{one.median('wall'):.0f}", f"{one.median('cpu'):.0f}"]
                    + [f"{one.ratio(base, what):.3f}" for base in bases for what in ("wall", "cpu")]
                    + [f"{'< ' if one.peak() <= floor else ''}{one.peak():.1f}"])
    return rows


def print_markdown(rows):
    print("| " + " | ".join(rows[0]) + " |")
    print("|---" + "|---:" * (len(rows[0]) - 1) + "|")
    for row in rows[1:]:
        print("| " + " | ".join(row) + " |")


def print_text(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        first, *others = (cell.ljust(width) if i == 0 else cell.rjust(width)
                          for i, (cell, width) in enumerate(zip(row, widths)))
        print("  ".join([first, *others]))


def able(contenders):
    """Those of them that can run, after a run of each; and what all of them print."""
    found, expected = [], None
    for one in contenders:
        try:
            _, printed = run(one)
        except Missing as missing:
            print(f"{one.name} is left out: {missing}", file=sys.stderr)
            continue
        if found and printed != expected:
            sys.exit(f"{one.name} does not print what {found[0].name} does")
        expected = printed
        found.append(one)
    if not found:
        sys.exit("No contender can run.")
    return found, expected


def measure(contenders, rounds, expected):
    for i in range(rounds):
        first = i % len(contenders)
        for one in contenders[first:] + contenders[:first]:
            taken, printed = run(one)
            if printed != expected:
                sys.exit(f"{one.name} does not always print the same")
            one.runs.append(taken)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("contenders", nargs="+", type=contender)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--base", action="append")
    parser.add_argument("--markdown", action="store_true")
    given = parser.parse_args()
    names = [one.name for one in given.contenders]
    if given.rounds < 1 or len(set(names)) != len(names) or not set(given.base or []) <= set(names):
        parser.error("expected a round or more, names that differ, and base lines among them")

    contenders, expected = able(given.contenders)
    measure(contenders, given.rounds, expected)
    bases = [one for name in given.base or ["glibc", "mimalloc"]
             for one in contenders if one.name == name]
    rows = table(contenders, bases)
    if given.markdown:
        print_markdown(rows)
    else:
        print_text(rows)


if __name__ == "__main__":
    main()
