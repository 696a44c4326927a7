#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""replay.py BUILD [--rounds N]: how near a replay is to the real program.

Records programs of different habits, replays each trace on two strategies, and runs the programs
themselves on the same, with `strata run`.

The driver has no work of the program's between its calls, so the prediction is of the whole program:
its time on the heap, more or less the difference that the replay found. How much of its blocks a
program writes is not recorded: memory of the system costs time when it is first written. So there
are two predictions, for one byte of each block and for one of each cache line. The difference is the
median of all rounds, since an allocator's luck with addresses varies. The time of a program is the
least of all rounds, since only other work makes it longer. The peak is the program's on the heap, more or less the difference, and the memory of
the preloaded library itself, which is measured on `sleep`."""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from record import compiler_command, seconds

STRATEGIES = ["pool", "concurrent_pool"]


def peak(command):
    """Bytes of resident memory. What `wait4` tells is at least what the parent had."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = 0
    while child.poll() is None:
        with open(f"/proc/{child.pid}/status", encoding="utf-8") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    most = int(line.split()[1]) * 1024  # since the process became the program
        time.sleep(0.001)
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)}: status {child.returncode}")
    return most


def run(strata, strategy, command):
    threads = ["--one-thread"] if strategy == "pool" else []
    return [strata, "run", *threads, "--strategy", strategy, "--", *command]


def real(strata, command, strategies, rounds):
    """The least times, and the peaks."""
    on = {"heap": command} | {each: run(strata, each, command) for each in strategies}
    times = {each: [] for each in on}
    for number in range(rounds + 1):
        order = list(on)[number % len(on):] + list(on)[:number % len(on)]
        for each in order:
            times[each].append(seconds(on[each]))
    return ({each: min(times[each][1:]) for each in on}, {each: peak(on[each]) for each in on})


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
    if len(sys.argv) not in (2, 4) or sys.argv[2:3] not in ([], ["--rounds"]):
        sys.exit(__doc__)
    build = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[3]) if len(sys.argv) == 4 else 9
    strata = f"{build}/src/tool/strata"
    habits = f"{build}/tests/benchmarks/habits"
    codes = "/usr/share/iso-codes/json"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        programs = {
            "cc1plus": compiler_command("source.s"),
            "word_index": [f"{build}/docs/examples/word_index", "--rounds", "5"],
            "atlas": [f"{build}/tests/whole_program/atlas", codes],
            "JSON parser": [habits, "json", codes],
            "LRU cache": [habits, "lru"],
            "hand-over": [habits, "hand_over"],
        }
        alone = peak(["sleep", "0.1"])
        library = {each: peak(run(strata, each, ["sleep", "0.1"])) - alone for each in STRATEGIES}
        print("| Program | On | Time over the heap's: of the calls, replayed | of the program, "
              "predicted | measured | off by | Peak in MiB, predicted | measured | off by |\n"
              "|---|---|---|---|---|---|---|---|---|")
        for name, command in programs.items():
            subprocess.run([strata, "record", "--force", "-o", "program.trace", "--", *command],
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            of_touch = {each: replayed(strata, "program.trace", rounds, each)
                        for each in ("first", "line")}
            plays, wanted = of_touch["line"]
            whole, peaks = real(strata, command, wanted, rounds)
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
