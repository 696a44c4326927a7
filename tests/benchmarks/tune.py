#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""tune.py BUILD [--replays] [--budget TIME] [--program NAME]: how true the advice of `strata tune`
is.

Records programs of different habits, and lets `strata tune` search a strategy for each and try the
best on the program; with --replays, without the program. Then it builds the programs with the line
that was said, and with one for each of the usual strategies, and runs them for 7 to 25 rounds. A
compiler, which is not built here, runs on preloaded strategies; with --replays, all programs do. Times are the least of all rounds
over the least on the heap, peaks medians of 5 runs. The peak that is predicted is that of the runs
of `strata tune`, where the library is preloaded. From replays, it is the program's on the heap, more
or less the difference that the replay found, and the memory of the preloaded library itself, which is
measured on `sleep`.

The last line says how many predictions were as near as they are to be, and how many not."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

from built import line_of, with_line
from programs import least_seconds, library_peak, on, peak, programs, record

USUAL = ["concurrent_pool", "concurrent_pool > pages(reserve=64GiB)", "synchronized > pool",
         "concurrent_arena"]
SAID = "what was said"
ROUNDS = 7, 25
SECONDS = 60  # for more than 7 rounds
TIME_OFF = 0.10  # of what was predicted
PEAK_OFF = 0.05
BEATEN_BY = 0.05  # of the program's time on what `strata tune` says


def tuned(strata, trace, budget, command):
    program = ["--", *command] if command else []
    told = subprocess.run([strata, "tune", trace, "--budget", budget, "--json", *program],
                          check=True, stdout=subprocess.PIPE).stdout
    return json.loads(told)


class Verdict:
    """What held and what did not."""

    def __init__(self):
        self.passed = 0
        self.programs = self.near_by_replay = 0
        self.failed = []

    def hold(self, is_so, what):
        if is_so:
            self.passed += 1
        else:
            self.failed.append(what)

    def tell(self):
        print(f"By replays alone: {self.near_by_replay} of {self.programs} within "
              f"{TIME_OFF:.0%} of what was measured.")
        for each in self.failed:
            print(f"failed: {each}")
        print(f"{self.passed} passed, {len(self.failed)} failed")
        return 1 if self.failed else 0


def ways_to_run(build, strata, command, advice, strategy, usual, replays):
    """The commands on the heap, on the usual strategies, and on what was said, by their names:
    built with lines or, from replays, preloaded."""
    line = f"STRATA_GLOBAL_RESOURCE({advice['cpp']});" if advice["take"] else line_of(strategy)
    said = None if replays else with_line(line, build, command, "said")
    if said is None:
        on_each = {each: on(strata, each, command) for each in ["heap", *usual]}
        return {**on_each, SAID: on(strata, strategy, command)}
    with_each = {each: with_line(line_of(each), build, command, f"usual{number}")
                 for number, each in enumerate(usual)}
    return {"heap": command, **with_each, SAID: said}


def judge(build, name, command, asked, verdict):
    strata = f"{build}/src/tool/strata"
    record(strata, command, "program.trace")
    advice = tuned(strata, "program.trace", asked.budget,
                   None if asked.replays else command)
    # The arena keeps all that the program allocates: where that is out of the question, it is not
    # measured either.
    ruled_out = {one["strategy"] for one in advice["not_tried"]}
    usual = [each for each in USUAL if each not in ruled_out]
    best = next((one for one in advice["finalists"] if one.get("predicted") is not None and
                 (asked.replays or "in_program" in one) and
                 advice["take"] in (None, one["strategy"])), None)
    if best is None or (asked.replays and None in (best["resident"], advice["heap_resident"])):
        verdict.hold(False, f"{name}: nothing could be predicted")
        return
    strategy = best["strategy"]
    ways = ways_to_run(build, strata, command, advice, strategy, usual, asked.replays)
    times = least_seconds(ways, *ROUNDS, SECONDS)
    parts = {each: times[each] / times["heap"] for each in times}
    parts[strategy] = parts[SAID]
    first = min(usual, key=lambda each: parts[each])
    by_replay = 1 - best["predicted"]
    if asked.replays:
        predicted = by_replay
        resident = (peak(command) + best["resident"] - advice["heap_resident"] +
                    library_peak(strata, strategy))
    else:
        predicted = best["in_program"]["median"]
        resident = best["peak_in_program"]
    measured = statistics.median(peak(ways[SAID]) for _ in range(5))
    verdict.programs += 1
    verdict.near_by_replay += abs(parts[strategy] / by_replay - 1) <= TIME_OFF
    says = f"take `{strategy}`" if advice["take"] else f"keep the heap (at best: `{strategy}`)"
    alone = "" if asked.replays else f"{by_replay:.2f} | "
    print(f"| {name} | {says} | {alone}{predicted:.2f} | {parts[strategy]:.2f} | "
          f"`{first}`: {parts[first]:.2f} | {resident / 2**20:.1f} | {measured / 2**20:.1f} |",
          flush=True)
    taken = strategy if advice["take"] else "heap"
    verdict.hold(abs(parts[strategy] / predicted - 1) <= TIME_OFF,
                 f"{name}: {predicted:.2f} of the time predicted, {parts[strategy]:.2f} measured")
    verdict.hold(abs(measured / resident - 1) <= PEAK_OFF,
                 f"{name}: a peak of {resident / 2**20:.1f} MiB predicted, "
                 f"{measured / 2**20:.1f} MiB measured")
    verdict.hold(parts[first] >= parts[taken] * (1 - BEATEN_BY),
                 f"{name}: {parts[first]:.2f} of the time on {first}, {parts[taken]:.2f} on {taken}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__,
                                        formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("build")
    arguments.add_argument("--replays", action="store_true", help="without runs of the program")
    arguments.add_argument("--budget", default="120s")
    arguments.add_argument("--program", help="this one alone")
    asked = arguments.parse_args()
    build = os.path.abspath(asked.build)
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        alone = "" if asked.replays else "by replays alone | "
        print(f"| Program | `strata tune` says | Program's time over the heap's, {alone}predicted "
              "| measured | best of the usual strategies, measured | Peak in MiB, predicted | "
              "measured |\n|---|---|---|---|---|---|---|" + ("" if asked.replays else "---|"))
        for name, command in programs(build).items():
            if asked.program in (None, name):
                judge(build, name, command, asked, verdict)
    sys.exit(verdict.tell())


if __name__ == "__main__":
    main()
