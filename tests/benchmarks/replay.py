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

from record import SOURCE

STRATEGIES = ["pool", "concurrent_pool"]


def run(command):
    """Seconds and the peak of resident memory in bytes."""
    begin = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = status
    if status != 0:
        sys.exit(f"{' '.join(command)}: status {status}")
    return time.monotonic() - begin, used.ru_maxrss * 1024


def real(strata, command, rounds):
    """Medians of the time on the heap, of the ratios to it in the same round, and of the peaks."""
    on = {"heap": command}
    for each in STRATEGIES:
        threads = ["--one-thread"] if each == "pool" else []
        on[each] = [strata, "run", *threads, "--strategy", each, "--", *command]
    runs = {each: [] for each in on}
    for number in range(rounds + 1):
        for each in sorted(on, key=lambda name: (number + hash(name)) % 7):
            runs[each].append(run(on[each]))
    seconds = {each: [one[0] for one in runs[each][1:]] for each in on}
    ratios = {each: statistics.median(a / b for a, b in zip(seconds[each], seconds["heap"]))
              for each in on}
    peaks = {each: statistics.median(one[1] for one in runs[each][1:]) for each in on}
    return statistics.median(seconds["heap"]), ratios, peaks


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
    compiler = subprocess.run(["g++", "-print-prog-name=cc1plus"], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with open("source.cpp", "w", encoding="utf-8") as file:
            file.write(SOURCE)
        subprocess.run(["g++", "-std=c++20", "-E", "source.cpp", "-o", "source.ii"], check=True)
        programs = {
            "cc1plus": [compiler, "-quiet", "-std=c++20", "-fpreprocessed", "source.ii", "-o",
                        "source.s"],
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
            seconds, ratios, peaks = real(strata, command, rounds)
            for each in wanted:
                more = (plays[each]["nanoseconds"] - plays["glibc"]["nanoseconds"]) / 1e9
                resident = plays[each]["resident"] - plays["glibc"]["resident"]
                print(f"| {name} | `{each}` | {plays[each]['of_glibc']['median']:.2f} | "
                      f"{(seconds + more) / seconds:.2f} | {ratios[each]:.2f} | "
                      f"{(peaks['heap'] + resident) / 2**20:.1f} MiB | "
                      f"{peaks[each] / 2**20:.1f} MiB |", flush=True)


if __name__ == "__main__":
    main()
