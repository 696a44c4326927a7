#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""figures.py FIGURES.json OUTPUT.txt [--check]

Puts the tables that run.sh printed into docs/figures.json, in place of those of the same machine;
those of other machines stay. OUTPUT.txt may also be docs/figures.md. `--check` says instead whether
they are there.

A table has a title, the unit of its figures, columns (workloads) and rows (contenders). A figure is
null, a number, or a number and its spread. What follows from other rows is left out: how far ours
are from the best general allocator, and the goals.
"""

import json
import pathlib
import re
import sys

left_out = ("goals",)


def number(text):
    """`0.61±.02` as [0.61, 0.02], `-` as null."""
    if text in ("", "-"):
        return None
    value, _, spread = text.partition("±")
    return [float(value), float(spread)] if spread else float(value)


def units_of(lines, unit):
    """(unit, line) of the rows; those after a line `extra ns ...` have that unit."""
    for line in lines:
        if line.startswith("extra "):
            unit = line.strip()
        elif line.startswith("baseline, "):
            label = "baseline, ns an operation"
            yield "ns an operation", line.replace(label, "baseline".ljust(len(label)))
        elif not re.match(r"\S.* /\s|  the best ", line):
            yield unit, line


def tables_of(title, lines):
    """The table under a title, and one for each other unit that it has."""
    heading, _, unit = title.partition(": ")
    if not unit:
        heading, unit = "instructions", title
    lines = [line for line in lines if line.strip()]
    while re.match(r" {2,3}\w", lines[0]):  # the title goes on
        unit += " " + lines.pop(0).strip()
    headers = []
    while lines[0].startswith(" "):
        headers.append(lines.pop(0))
    # Columns end where figures do.
    figure = re.compile(r"(?<=\s)(?:-|\d[\d.]*(?:±[\d.]+)?)(?=\s|$)")
    ends = sorted({found.end() for line in lines for found in figure.finditer(line)
                   if found.end() > 30})
    first = min(found.start() for line in lines for found in figure.finditer(line))
    begins = [0, *ends]
    columns = [headers[-1][begin:end].strip() for begin, end in zip(begins, ends)]
    if len(headers) == 2:  # names over several columns each
        names, at = re.findall(r"\S+(?: \S+)*", headers[0]), -1
        for index, column in enumerate(columns):
            at += column in ("peak", "p50")
            columns[index] = f"{names[at]}: {column}"
    made = {}
    for of, line in units_of(lines, unit):
        made.setdefault(of, []).append([line[:first].strip()] + [
            number(line[max(begin, first):end].strip()) for begin, end in zip(begins, ends)])
    return [{"title": heading, "unit": of, "columns": columns, "rows": rows}
            for of, rows in made.items()]


def run(text):
    machine = re.search(r"^Strata's benchmarks: (.*)", text, re.M)[1]
    tables = []
    for part in re.split(r"^== ", text, flags=re.M)[1:]:
        title, *lines = part.split("\n```")[0].split("\nStrata's benchmarks:")[0].splitlines()
        if not title.startswith(left_out):
            tables += tables_of(title, lines)
    return {"machine": machine, "tables": tables}


def as_json(runs):
    """A row a line, so that a change can be read."""
    def line(value):
        return json.dumps(value, ensure_ascii=False)

    def table(of):
        rows = ",\n".join("   " + line(row) for row in of["rows"])
        head = ", ".join(f"{line(key)}: {line(of[key])}" for key in ("title", "unit", "columns"))
        return f'  {{{head}, "rows": [\n{rows}]}}'

    return "[" + ",\n".join(
        f'{{"machine": {line(each["machine"])}, "tables": [\n'
        + ",\n".join(map(table, each["tables"])) + "]}" for each in runs) + "]\n"


def main():
    if len(sys.argv) < 3 or sys.argv[3:] not in ([], ["--check"]):
        sys.exit(__doc__)
    file = pathlib.Path(sys.argv[1])
    new = run(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8"))
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    if sys.argv[3:]:
        if new not in known:
            sys.exit(f"{file} does not have the figures of {sys.argv[2]}")
        return
    runs = [each for each in known if each["machine"] != new["machine"]] + [new]
    file.write_text(as_json(runs), encoding="utf-8")


if __name__ == "__main__":
    main()
