#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""chart.py BENCHMARKS.json CHART.svg: one panel a workload, one bar a contender, libstdc++ = 1."""
import json
import sys
from html import escape

# What is drawn, in this order: workload, heading, and Strata's contender in it.
PANELS = [
    ("arena/batch", "Arena: batches of 8..256 B, then reset", "strata.arena.reset"),
    ("arena/warm", "Arena: a million blocks, kept and reset", "strata.arena.reset"),
    ("pool/lifo", "Pool: 1,000 blocks of 64 B, last in first out", "strata.pool"),
    ("pool/random100k", "Pool: 100,000 blocks of 64 B, random order", "strata.pool"),
    ("pool/small", "Pool: 8..256 B, 1,000 live, random lifetimes", "strata.pool"),
    ("pool/mixed", "Pool: 8..4096 B, 10,000 live, random lifetimes", "strata.pool"),
    ("containers/strings", "A vector of strings, on a pool", "strata.pool"),
    ("containers/unordered", "An unordered_map that changes, on a pool", "strata.pool"),
    ("threads/own/2", "Two threads, own blocks", "strata.concurrent"),
    ("threads/producer/many", "Every block freed by another thread", "strata.concurrent"),
]
PEERS = [
    ("std.monotonic.buffer", "libstdc++"), ("std.monotonic.release", "libstdc++"),
    ("boost.monotonic.buffer", "Boost"), ("boost.monotonic.release", "Boost"),
    ("std.unsynchronized", "libstdc++"), ("std.synchronized", "libstdc++"),
    ("boost.unsynchronized", "Boost"), ("boost.synchronized", "Boost"),
    ("mimalloc", "mimalloc"), ("tcmalloc", "tcmalloc"), ("jemalloc", "jemalloc"),
    ("glibc", "glibc malloc"),
]
WIDTH, MARGIN, GAP = 920, 20, 36
PANEL = (WIDTH - 2 * MARGIN - GAP) // 2
LABEL, BAR, VALUE = 92, 15, 52
SCALE = 1.25  # the longest bar; what is longer is cut, and says so

STYLE = """
    text { font: 12px system-ui, sans-serif; fill: #1f2328 }
    .title { font-size: 17px; font-weight: 600 }
    .head { font-size: 13px; font-weight: 600 }
    .quiet { fill: #59636e }
    .value { paint-order: stroke; stroke: #ffffff; stroke-width: 4px }
    .card { fill: #ffffff; stroke: #d1d9e0 }
    .peer { fill: #a3adb8 } .strata { fill: #0969da } .one { stroke: #59636e; stroke-dasharray: 3 3 }
    .ours { font-weight: 600; fill: #0969da }
    @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3 } .quiet { fill: #9198a1 }
        .value { stroke: #0d1117 }
        .card { fill: #0d1117; stroke: #3d444d }
        .peer { fill: #59636e } .strata { fill: #4493f8 } .one { stroke: #9198a1 }
        .ours { fill: #4493f8 }
    }"""


def bars_of(workload, ours):
    """(label, ratio, whether it is Strata's) of what is drawn in a panel."""
    ratios = {row["id"]: row["ratio"] for row in workload["contenders"] if "ratio" in row}
    peers, seen = [], set()
    for peer, label in sorted(PEERS, key=lambda one: one[0] != workload["baseline"]):
        if peer in ratios and label not in seen:
            seen.add(label)
            peers.append((label, ratios[peer], False))
    return ([("Strata", ratios[ours], True)] if ours in ratios else []) + peers


def number(value):
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}"


def panel(x, y, heading, bars):
    full = PANEL - LABEL - VALUE
    out = [f'<text class="head" x="{x}" y="{y + 13}">{escape(heading)}</text>']
    top = y + 24
    bottom = top + len(bars) * (BAR + 5)
    one = x + LABEL + full / SCALE
    marks = []
    for i, (label, value, ours) in enumerate(bars):
        middle = top + i * (BAR + 5) + BAR / 2
        length = max(1.5, min(value, SCALE) / SCALE * full)
        kind = "strata" if ours else "peer"
        text = "ours" if ours else ""
        out.append(f'<text class="{text}" x="{x + LABEL - 8}" y="{middle + 4}" text-anchor="end">'
                   f"{escape(label)}</text>")
        out.append(f'<rect class="{kind}" x="{x + LABEL}" y="{middle - BAR / 2}" '
                   f'width="{length:.1f}" height="{BAR}" rx="2"/>')
        more = " →" if value > SCALE else ""
        marks.append(f'<text class="value {text}" x="{x + LABEL + length + 6:.1f}" '
                     f'y="{middle + 4}">{number(value)}{more}</text>')
    out.append(f'<line class="one" x1="{one:.1f}" x2="{one:.1f}" y1="{top - 4}" y2="{bottom}"/>')
    return out + marks, bottom


def chart(run):
    workloads = {one["id"]: one for one in run["workloads"]}
    drawn = [(heading, bars_of(workloads[id], ours)) for id, heading, ours in PANELS
             if id in workloads]
    y = 74
    body = []
    for left in range(0, len(drawn), 2):
        bottoms = []
        for column, (heading, bars) in enumerate(drawn[left:left + 2]):
            lines, bottom = panel(MARGIN + column * (PANEL + GAP), y, heading, bars)
            body += lines
            bottoms.append(bottom)
        y = max(bottoms) + 24
    height = y + 14
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" '
        f'aria-label="Time of Strata and its peers over that of libstdc++">',
        f"<style>{STYLE}\n</style>",
        f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
        f'<text class="title" x="{MARGIN}" y="34">Time an operation takes, libstdc++ = 1: '
        "shorter is better</text>",
        f'<text class="quiet" x="{MARGIN}" y="54">Median of the ratios in each round; all behind '
        "std::pmr::memory_resource</text>",
    ]
    foot = [f'<text class="quiet" x="{MARGIN}" y="{y + 2}">{escape(run["machine"])}</text>', "</svg>"]
    return "\n".join(head + body + foot) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as source:
        made = chart(json.load(source))
    with open(sys.argv[2], "w", encoding="utf-8") as target:
        target.write(made)
