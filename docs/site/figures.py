# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""A page of docs/figures.json that can be filtered and sorted, and read without a script."""

import html
import json
import pathlib

here = pathlib.Path(__file__).resolve().parent


def figures(runs):
    """(machine, table, workload, contender, figure, unit) of each figure."""
    for run in runs:
        for table in run["tables"]:
            for contender, *row in table["rows"]:
                for workload, figure in zip(table["columns"], row):
                    if figure is not None:
                        yield (run["machine"], table["title"], f"{table['title']}: {workload}",
                               contender, figure, table["unit"])


def number(value):
    """As run.sh prints it: three digits, or all of those before the point."""
    return f"{value:.{0 if value >= 99.95 else 1 if value >= 9.995 else 2}f}"


def in_short(unit):
    parts = unit.split(", ")
    return parts[-1] if parts[-1].startswith("each ") else parts[0]


def row(machine, table, workload, contender, figure, unit):
    value, spread = figure if isinstance(figure, list) else (figure, None)
    ours = ' class="ours"' if contender.startswith("strata") else ""
    after = f' <small>± {number(spread)}</small>' if spread is not None else ""
    cells = [html.escape(text) for text in (workload, contender, in_short(unit), machine)]
    return (f"<tr{ours}><td>{cells[0]}<td>{cells[1]}<td data-value={value}>{number(value)}{after}"
            f"<td>{cells[2]}<td>{cells[3]}")


def page():
    runs = json.loads((here.parent / "figures.json").read_text(encoding="utf-8"))
    rows = "\n".join(row(*each) for each in figures(runs))
    style, script, frame = ((here / name).read_text(encoding="utf-8") for name in (
        "figures.css", "figures.js", "figures.html"))
    return frame.replace("STYLE", style).replace("SCRIPT", script).replace("ROWS", rows)
