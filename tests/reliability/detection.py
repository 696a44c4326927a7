#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#
#   detection.py FILE [--publish] --plain PROGRAM --checked PROGRAM [--asan PROGRAM] [--memcheck VALGRIND]
#
# Plants each mistake in each kind of build, and holds what is reported against the table in FILE, a
# page of the documentation; `--publish` writes it there. What is not given is not tried, and its
# column is not compared.
import argparse
import re
import subprocess
import sys

RELEASE, CHECKED, DEBUG = "release build", "checked build", "with `debug` on top"
COLUMNS = [RELEASE, CHECKED, DEBUG, "ASan", "memcheck"]
NOT_SEEN = "–"

# What is done, to which strategy. The first eight are those of which tools see none in the pools
# and arenas of the standard library.
MISTAKES = [
    ("use after free", "pool"),
    ("overflow", "pool"),
    ("double free", "pool"),
    ("wrong size", "pool"),
    ("leak", "pool"),
    ("overflow", "arena"),
    ("use after free", "arena"),
    ("use after release", "arena"),
    None,
    ("read after free", "pool"),
    ("use after free at its begin", "pool"),
    ("use after free at its begin", "pool(hardened=true)"),
    ("double free at once", "pool"),
    ("double free at once", "pool(hardened=true)"),
    ("double free at once", "concurrent_pool(hardened=true)"),
    ("wrong alignment", "pool"),
    ("null", "pool"),
    ("foreign", "pool"),
    ("interior", "pool"),
    ("overflow into a neighbour", "pool"),
    ("leak until the exit", "pool"),
    ("use of what was never written", "pool"),
    ("misaligned request", "pool"),
    ("null", "arena"),
    ("foreign", "arena"),
    ("double free", "arena"),
    ("wrong size", "arena"),
    ("overflow into a neighbour", "arena"),
    ("use after reset", "arena"),
    ("stale mark", "arena"),
    ("use after free", "concurrent_pool"),
    ("overflow", "concurrent_pool"),
    ("double free", "concurrent_pool"),
    ("wrong size", "concurrent_pool"),
    ("use after free", "concurrent_arena"),
    ("overflow", "concurrent_arena"),
    ("use after free", "bounded_time"),
    ("overflow", "bounded_time"),
    ("double free", "bounded_time"),
    ("wrong size", "bounded_time"),
    ("use after free", "fixed_buffer(64KiB)"),
    ("overflow", "fixed_buffer(64KiB)"),
    ("double free", "fixed_buffer(64KiB)"),
    ("wrong size", "fixed_buffer(64KiB)"),
    ("use after free", "pool > arena > bounded_time"),
    ("overflow", "pool > arena > bounded_time"),
]

# What a misuse must say to be the detection of a mistake. A mistake that is not here is none that a
# resource can see itself.
WRITTEN = r"was written to after it was freed"
OVERWRITTEN = r"memory after a block was overwritten"
NOT_LIVE = r"is freed twice|freed just before|no block of it is live there|is not live|is not in it"
SAYS = {
    "use after free": WRITTEN,
    "use after free at its begin": WRITTEN,
    "use after release": r"was written to after release",
    "use after reset": r"was written to after",
    "overflow": OVERWRITTEN,
    "overflow into a neighbour": OVERWRITTEN,
    "double free": NOT_LIVE,
    "double free at once": NOT_LIVE,
    "wrong size": r"freed with a wrong size|with 50 bytes aligned to 8, which was served with 100 bytes|"
                  r"served with another size",
    "wrong alignment": r"freed with a wrong alignment|"
                       r"aligned to 16, which was served with 96 bytes aligned to 8",
    "null": r"a null pointer is freed|deallocate of a null pointer",
    "foreign": r"belongs to no block is freed|which it did not serve|is not in it|no block of it is live there",
    "interior": r"a pointer into a block is freed|no block of it is live there",
    "leak": r"1 block .*is still live",
    "misaligned request": r"no(t a)? power of two",
    "stale mark": r"a mark of another arena, or one made stale",
}
# What a mistake leaves behind, whatever else it is: no detection of another one.
LEFT_BEHIND = r"still live"

# A report is one of these, the first that is there.
REPORTS = [
    (r"ERROR: AddressSanitizer: (use-after-poison|heap-use-after-free|heap-buffer-overflow|unknown-crash)", None),
    (r"\b(Invalid (?:read|write))\b", None),
    (r"(depends on uninitialised value)", "uninitialised value"),
    (r"strata: misuse: (.*)", "misuse"),
    (r"definitely lost", "definitely lost"),
]


def what_is_reported(mistake, command):
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if ended.returncode == 2:
        sys.exit(f"{command}: {ended.stderr}")
    output = ended.stderr + ended.stdout
    for pattern, word in REPORTS:
        found = re.search(pattern, output)
        if found:
            if word == "misuse":
                said = re.findall(pattern, output)
                if not any(re.search(SAYS.get(mistake, r"$^"), each) for each in said):
                    if all(re.search(LEFT_BEHIND, each) for each in said):
                        return NOT_SEEN
                    sys.exit(f"{command} reported another mistake:\n{output}")
            if ended.returncode == 0:
                sys.exit(f"{command} reported, and ended well:\n{output}")
            return word or found.group(1)
    return NOT_SEEN  # whether it crashed or not: nobody said why


def commands(given, mistake, strategy):
    asked = f"stats(on_destroy=abort) > {strategy}" if mistake == "leak" else strategy
    yield RELEASE, [given.plain, mistake, asked]
    yield CHECKED, [given.checked, mistake, asked]
    yield DEBUG, [given.plain, mistake, f"debug > {strategy}"]
    if given.asan:
        yield "ASan", [given.asan, mistake, asked]
    if given.memcheck:
        yield "memcheck", [given.memcheck, "--quiet", "--leak-check=full", "--error-exitcode=1",
                           given.plain, mistake, asked]


def table(rows):
    lines = ["| Mistake | in | " + " | ".join(COLUMNS) + " |", "|---|---|" + "---|" * len(COLUMNS)]
    for mistake, strategy, cells in rows:
        lines.append(f"| {mistake} | `{strategy}` | " +
                     " | ".join(cells.get(each, "") for each in COLUMNS) + " |")
    return lines


def main():
    options = argparse.ArgumentParser()
    options.add_argument("file")
    options.add_argument("--publish", action="store_true")
    options.add_argument("--plain", required=True)
    options.add_argument("--checked", required=True)
    options.add_argument("--asan")
    options.add_argument("--memcheck")
    given = options.parse_args()

    rows = []
    for mistake in filter(None, MISTAKES):
        cells = {column: what_is_reported(mistake[0], command) for column, command in commands(given, *mistake)}
        rows.append((*mistake, cells))
        print(f"{mistake[0]:32} {mistake[1]:30} " +
              " ".join(f"{cells.get(each, ''):20}" for each in COLUMNS), flush=True)

    eight = rows[:MISTAKES.index(None)]
    failed = False
    for column in COLUMNS[2:]:
        seen = sum(cells.get(column, NOT_SEEN) != NOT_SEEN for _, _, cells in eight)
        if column in eight[0][2]:
            print(f"{column}: {seen} of {len(eight)}")
            failed |= seen != len(eight)

    begin, end = "<!-- detection: begin -->", "<!-- detection: end -->"
    with open(given.file, encoding="utf-8") as page:
        text = page.read()
    before, rest = text.split(begin)
    published, after = rest.split(end)
    if given.publish:
        with open(given.file, "w", encoding="utf-8") as page:
            page.write(before + begin + "\n" + "\n".join(table(rows)) + "\n" + end + after)
    else:
        told = {}
        for line in published.strip().splitlines()[2:]:
            mistake, strategy, *cells = [cell.strip() for cell in line.split("|")[1:-1]]
            told[mistake, strategy.strip("`")] = dict(zip(COLUMNS, cells))
        for mistake, strategy, cells in rows:
            row = told.pop((mistake, strategy), {})
            for column, cell in cells.items():
                if row.get(column) != cell:
                    print(f"{mistake}, {strategy}: {given.file} says \"{row.get(column)}\" of {column}, "
                          f"but it is \"{cell}\"")
                    failed = True
        for mistake, strategy in told:
            print(f"{mistake}, {strategy}: in {given.file} alone")
            failed = True
        if failed:
            print("detection.py --publish writes the table anew")
    sys.exit(failed)


main()
