# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""Programs of different habits, and what they take on the heap and with `strata run`. They run in a
folder that is their own."""
import subprocess
import sys
import time

from record import compiler_command, seconds


def programs(build):
    habits = f"{build}/tests/benchmarks/habits"
    codes = "/usr/share/iso-codes/json"
    return {
        "cc1plus": compiler_command("source.s"),
        "word_index": [f"{build}/docs/examples/word_index", "--rounds", "5"],
        "atlas": [f"{build}/tests/whole_program/atlas", codes],
        "JSON parser": [habits, "json", codes],
        "requests": [habits, "requests"],
        "graph": [habits, "graph"],
        "LRU cache": [habits, "lru"],
        "hand-over": [habits, "hand_over"],
        "images": [habits, "images"],
    }


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


def library_peak(strata, strategy):
    """Bytes of resident memory that `strata run` itself adds."""
    nothing = ["sleep", "0.1"]
    return peak(run(strata, strategy, nothing)) - peak(nothing)


def run(strata, strategy, command):
    threads = ["--one-thread"] if strategy == "pool" else []
    return [strata, "run", *threads, "--strategy", strategy, "--", *command]


def record(strata, command, to):
    subprocess.run([strata, "record", "--force", "-o", to, "--", *command], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def least_times(strata, command, strategies, rounds):
    """In turns, the first of all being the heap; the first round warms up."""
    on = {"heap": command} | {each: run(strata, each, command) for each in strategies}
    times = {each: [] for each in on}
    for number in range(rounds + 1):
        order = list(on)[number % len(on):] + list(on)[:number % len(on)]
        for each in order:
            times[each].append(seconds(on[each]))
    return {each: min(times[each][1:]) for each in on}

