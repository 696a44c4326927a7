#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""replay.py BUILD [--rounds N]: how near a replay is to the real program.

Records programs of different habits, replays each trace on two strategies, and runs the programs
themselves on the same, with `strata run`. The driver has no work of the program's between its
calls, so the prediction is of the whole program: its time on the heap, more or less the difference
that the replay found. The peak is the program's on the heap, more or less likewise."""
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


def real(strata, command, strategies, rounds):
    """Medians of the time on the heap, of the ratios to it in the same round, and of the peaks."""
    on = {"heap": command}
    for each in strategies:
        threads = ["--one-thread"] if each == "pool" else []
        on[each] = [strata, "run", *threads, "--strategy", each, "--", *command]
    times = {each: [] for each in on}
    for number in range(rounds + 1):
        order = list(on)[number % len(on):] + list(on)[:number % len(on)]
        for each in order:
            times[each].append(seconds(on[each]))
    ratios = {each: statistics.median(a / b for a, b in zip(times[each][1:], times["heap"][1:]))
              for each in on}
    return statistics.median(times["heap"][1:]), ratios, {each: peak(on[each]) for each in on}


def replayed(strata, trace, rounds):
    threads = json.loads(subprocess.run([strata, "info", "--json", trace], check=True,
                                        stdout=subprocess.PIPE).stdout)["threads"]
    wanted = [each for each in STRATEGIES if threads == 1 or each != "pool"]
    command = [strata, "replay", trace, "--json", "--only", "--rounds", str(rounds)]
    for each in wanted:
        command += ["--strategy", each]
    of = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return {each["name"]: each for each in of["all"]}, wanted


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
        print("| Program | On | Time over the heap's, replayed | the whole program's, predicted | "
              "measured | peak, predicted | measured |\n|---|---|---|---|---|---|---|")
        for name, command in programs.items():
            subprocess.run([strata, "record", "--force", "-o", "program.trace", "--", *command],
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            plays, wanted = replayed(strata, "program.trace", rounds)
            whole, ratios, peaks = real(strata, command, wanted, rounds)
            for each in wanted:
                more = (plays[each]["nanoseconds"] - plays["glibc"]["nanoseconds"]) / 1e9
                resident = plays[each]["resident"] - plays["glibc"]["resident"]
                print(f"| {name} | `{each}` | {plays[each]['of_glibc']['median']:.2f} | "
                      f"{(whole + more) / whole:.2f} | {ratios[each]:.2f} | "
                      f"{(peaks['heap'] + resident) / 2**20:.1f} MiB | "
                      f"{peaks[each] / 2**20:.1f} MiB |", flush=True)


if __name__ == "__main__":
    main()
