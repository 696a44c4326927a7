#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""publish.py BENCHMARKS.json [OUTPUT.txt ROOT]

Prints the short table of docs/performance.md: a dozen jobs, what to take for each, and what a user
would take instead. With the output of a run, writes that to docs/figures.md and the table to
docs/performance.md, each between two marks."""
import json
import pathlib
import sys

# A job, what to take, and their names in the figures: workload, ours, the standard's resource.
JOBS = [
    ("blocks of 8 to 256 B, all dropped after each batch", "`arena`, `reset()`",
     "arena/batch", "strata.arena.reset", "std.monotonic.release"),
    ("a million such blocks, again and again", "`arena`, `reset()`",
     "arena/warm", "strata.arena.reset", "std.monotonic.release"),
    ("blocks of 64 B, last in first out", "`pool`",
     "pool/lifo", "strata.pool", "std.unsynchronized"),
    ("100,000 blocks of 64 B, freed in random order", "`pool`",
     "pool/random100k", "strata.pool", "std.unsynchronized"),
    ("8 to 256 B, 1,000 live", "`pool`",
     "pool/small", "strata.pool", "std.unsynchronized"),
    ("8 to 4096 B, a million live", "`pool`",
     "pool/million", "strata.pool", "std.unsynchronized"),
    ("buffers of 256 B to 64 KiB, 2,000 live", "`pool`",
     "pool/buffers", "strata.pool", "std.unsynchronized"),
    ("a vector of strings", "`pool`",
     "containers/strings", "strata.pool", "std.unsynchronized"),
    ("an `unordered_map` that changes", "`pool`",
     "containers/unordered", "strata.pool", "std.unsynchronized"),
    ("two threads, each with its own blocks", "`concurrent_pool`",
     "threads/own/2", "strata.concurrent", "std.synchronized"),
    ("each block freed by another thread", "`concurrent_pool`",
     "threads/producer/many", "strata.concurrent", "std.synchronized"),
    ("threads that exchange single blocks", "`concurrent_pool`",
     "threads/exchange", "strata.concurrent", "std.synchronized"),
]
OUR_OWN = ("strata.", "minimal.", "inline.", "stats.")


def over(mine, other):
    """The median over the rounds of our time over the other's in the same round."""
    ratios = sorted(a / b for a, b in zip(mine["rounds"], other["rounds"]) if a and b)
    middle = len(ratios) // 2
    return ratios[middle] if len(ratios) % 2 else (ratios[middle - 1] + ratios[middle]) / 2


def number(value):
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}"


def row(workload, job, take, ours, standard):
    contenders = {one["id"]: one for one in workload["contenders"] if "ns" in one}
    mine = contenders[ours]

    def against(id):
        return number(over(mine, contenders[id])) if id in contenders else "-"

    # In place of a pool, nobody takes a resource that frees nothing.
    others = [id for id in contenders
              if not id.startswith(OUR_OWN) and id not in (standard, "glibc")
              and ("monotonic" in standard or "monotonic" not in id)]
    best = max(others, key=lambda id: over(mine, contenders[id]))
    return (f"| {job} | {take} | {against(standard)} | {against('glibc')} "
            f"| {against(best)} ({contenders[best]['label']}) |")


def table(run):
    workloads = {one["id"]: one for one in run["workloads"]}
    lines = ["| Job | Take | over libstdc++'s resource | over malloc | over the best other |",
             "|---|---|---|---|---|"]
    lines += [row(workloads[id], job, take, ours, standard)
              for job, take, id, ours, standard in JOBS if id in workloads]
    return "\n".join(lines)


def put_between_marks(page, what):
    begin, end = "<!-- printed by run.sh --publish -->\n", "<!-- end -->"
    text = page.read_text(encoding="utf-8")
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        sys.exit(f"{page}: the marks {begin.strip()} and {end} are not there")
    page.write_text(before + begin + what + "\n" + end + after, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 4):
        sys.exit(__doc__)
    figures = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(table(figures))
    if len(sys.argv) == 4:
        output = pathlib.Path(sys.argv[2]).read_text(encoding="utf-8").strip()
        docs = pathlib.Path(sys.argv[3]) / "docs"
        put_between_marks(docs / "performance.md",
                          f"{table(figures)}\n\nOn {figures['machine']}; "
                          f"{figures['surroundings']}.")
        put_between_marks(docs / "figures.md", f"```text\n{output}\n```")
