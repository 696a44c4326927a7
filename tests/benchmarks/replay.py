#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""replay.py BUILD [--rounds N] [--program NAME]: how near a replay is to the real program.

Records programs of different habits, replays each trace on two strategies, and runs the programs
themselves on the same, with `strata run`.

The times of a replay are those of its calls alone, so the prediction is of the whole program: its
time on the heap, more or less the difference that the replay found. How much of its blocks a
program writes is not recorded: memory of the system costs time when it is first written. So there
are two predictions, for one byte of each block and for one of each cache line. The difference is the
median of all rounds, since an allocator's luck with addresses varies. The time of a program is the
least of all rounds, since only other work makes it longer. The peak is the program's on the heap,
more or less the difference, and the memory of the preloaded library itself, which is measured on
`sleep`."""
import argparse
import json
import os
import statistics
import subprocess
import tempfile

from programs import least_times, library_peak, on, peak, programs, record

STRATEGIES = ["pool", "concurrent_pool"]


def replayed(strata, trace, rounds, touch):
    threads = json.loads(subprocess.run([strata, "info", "--json", trace], check=True,
                                        stdout=subprocess.PIPE).stdout)["threads"]
    wanted = [each for each in STRATEGIES if threads == 1 or each != "pool"]
    command = [strata, "replay", trace, "--json", "--only", "--rounds", str(rounds),
               "--touch", touch]
    for each in wanted:
        command += ["--strategy", each]
    of = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return {each["name"]: each for each in of["all"]}, wanted


def off(low, high, measured):
    """How far the measured value is from what was predicted, in percent."""
    return f"{max(low / measured - 1, 1 - high / measured, 0) * 100:.0f} %"


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("build")
    arguments.add_argument("--rounds", type=int, default=9)
    arguments.add_argument("--program", help="this one alone")
    asked = arguments.parse_args()
    build = os.path.abspath(asked.build)
    rounds = asked.rounds
    strata = f"{build}/src/tool/strata"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        library = {each: library_peak(strata, each) for each in STRATEGIES}
        print("| Program | On | Time over the heap's: of the calls, replayed | of the program, "
              "predicted | measured | off by | Peak in MiB, predicted | measured | off by |\n"
              "|---|---|---|---|---|---|---|---|---|")
        for name, command in programs(build).items():
            if asked.program not in (None, name):
                continue
            record(strata, command, "program.trace")
            of_touch = {each: replayed(strata, "program.trace", rounds, each)
                        for each in ("first", "line")}
            plays, wanted = of_touch["line"]
            whole = least_times(strata, command, wanted, rounds)
            peaks = {"heap": peak(command)}
            peaks |= {each: peak(on(strata, each, command)) for each in wanted}
            for each in wanted:
                more = [statistics.median(a - b for a, b in zip(of[each]["rounds"],
                                                                of["glibc"]["rounds"])) / 1e9
                        for of, _ in of_touch.values()]
                low, high = sorted(1 + each_more / whole["heap"] for each_more in more)
                measured = whole[each] / whole["heap"]
                resident = (peaks["heap"] + library[each] + plays[each]["resident"] -
                            plays["glibc"]["resident"])
                calls = " and ".join(f"{of[each]['of_glibc']['median']:.2f}"
                                     for of, _ in of_touch.values())
                print(f"| {name} | `{each}` | "
                      f"{calls} | "
                      f"{low:.2f} to {high:.2f} | {measured:.2f} | {off(low, high, measured)} | "
                      f"{resident / 2**20:.1f} | {peaks[each] / 2**20:.1f} | "
                      f"{off(resident, resident, peaks[each])} |", flush=True)


if __name__ == "__main__":
    main()
