#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""tune.py BUILD [--rounds N] [--budget TIME] [--program NAME]: how true the advice of `strata tune` is.

Records programs of different habits, lets `strata tune` search a strategy for each, and runs the
programs themselves on the heap, on what it found and on the usual strategies. Times are the least
of all rounds, as parts of the program's time on the heap."""
import argparse
import json
import os
import subprocess
import tempfile

from programs import least_times, programs, record

USUAL = ["concurrent_pool", "concurrent_pool > pages(reserve=64GiB)", "synchronized > pool",
         "concurrent_arena"]


def tuned(strata, trace, budget):
    told = subprocess.run([strata, "tune", trace, "--budget", budget, "--json"], check=True,
                          stdout=subprocess.PIPE).stdout
    return json.loads(told)


def parts(of):
    return "unknown" if of is None else f"{1 - of:.2f}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("build")
    arguments.add_argument("--rounds", type=int, default=9)
    arguments.add_argument("--budget", default="60s")
    arguments.add_argument("--program", help="this one alone")
    asked = arguments.parse_args()
    build = os.path.abspath(asked.build)
    strata = f"{build}/src/tool/strata"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        print("| Program | `strata tune` says | Program's time over the heap's, predicted | "
              "measured | best of the usual strategies, measured |\n|---|---|---|---|---|")
        for name, command in programs(build).items():
            if asked.program not in (None, name):
                continue
            record(strata, command, "program.trace")
            advice = tuned(strata, "program.trace", asked.budget)
            take = advice["take"]
            # The arena keeps all that the program allocates: where that is out of the question,
            # it is not measured either.
            usual = [each for each in USUAL if each not in
                     {one["strategy"] for one in advice["not_tried"]}]
            best = take or next((one["strategy"] for one in advice["finalists"]
                                 if "of_heap" in one), None)
            wanted = list(dict.fromkeys(usual + ([best] if best else [])))
            times = least_times(strata, command, wanted, asked.rounds)
            first = min(usual, key=lambda each: times[each])
            saved = next((one["saves"] for one in advice["finalists"]
                          if one["strategy"] == best), None)
            says = f"take `{take}`" if take else f"keep the heap (at best: `{best}`)"
            measured = f"{times[best] / times['heap']:.2f}" if best else "unknown"
            print(f"| {name} | {says} | {parts(saved)} | "
                  f"{measured} | "
                  f"`{first}`: {times[first] / times['heap']:.2f} |", flush=True)


if __name__ == "__main__":
    main()
