#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""rebuilt.py BUILD [--program NAME]: whether `strata run` tells what the pasted line will bring.

Runs programs on the heap, preloaded with `concurrent_pool` as `strata run` does it, and built with
STRATA_GLOBAL_RESOURCE. Times are the least of 7 to 25 rounds over the least on the heap, peaks
medians of 5 runs."""
import argparse
import os
import statistics
import sys
import tempfile

from built import with_line
from programs import least_seconds, on, peak, programs

STRATEGY = "concurrent_pool"
LINE = "STRATA_GLOBAL_RESOURCE(strata::stack{strata::concurrent_pool{}, strata::heap{}});"


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("build")
    parser.add_argument("--program", help="this one alone")
    asked = parser.parse_args()
    build = os.path.abspath(asked.build)
    strata = f"{build}/src/tool/strata"
    print(f"| Program on `{STRATEGY}` | Time over the heap's, preloaded | built with the line | "
          "Peak in MiB, preloaded | built with the line |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, command in programs(build).items():
            if asked.program not in (None, name):
                continue
            built = with_line(LINE, build, command, "built")
            if built is None:
                continue
            ways = {"heap": on(strata, "heap", command), "preloaded": on(strata, STRATEGY, command),
                    "built": on(strata, "heap", built)}
            least = least_seconds(ways, rounds=7, most=25, seconds_at_most=30)
            ratios = [f"{least[way] / least['heap']:.2f}" for way in ("preloaded", "built")]
            peaks = [f"{statistics.median(peak(ways[way]) for _ in range(5)) / 2**20:.1f}"
                     for way in ("preloaded", "built")]
            print(f"| {' | '.join([name, *ratios, *peaks])} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
