# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""Programs of different habits, and what they take on the heap and on strategies. They run in a
folder that is their own."""
import os
import statistics
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
    """Bytes of resident memory that the preloaded library itself adds."""
    nothing = ["sleep", "0.1"]
    return peak(on(strata, strategy, nothing)) - peak(nothing)


def on(strata, strategy, command):
    """The command on a strategy, as `strata run` starts it, but without the time that `strata`
    takes to start: a program that is built with the strategy does not take it either."""
    if strategy == "heap":
        return ["env", *command]
    library = os.path.join(os.path.dirname(strata), "libstrata_malloc.so")
    return ["env", f"LD_PRELOAD={library}", f"STRATA_RUN_STRATEGY={strategy}", *command]


def record(strata, command, to):
    subprocess.run([strata, "record", "--force", "-o", to, "--", *command], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def least_times(strata, command, strategies, rounds):
    """Seconds, in turns, the first of all being the heap; the first round warms up."""
    every = list(dict.fromkeys(["heap", *strategies]))
    times = {each: [] for each in every}
    for number in range(rounds + 1):
        for each in every[number % len(every):] + every[:number % len(every)]:
            times[each].append(seconds(on(strata, each, command)))
    return {each: min(times[each][1:]) for each in every}


def parts_of_heap(strata, command, strategies, least, most, seconds_at_most):
    """The median over the rounds of the time over the heap's, by the runs on the heap just before
    and after: a machine that others use too is fast for a second and slow for the next. The first
    round warms up. After `least` rounds, it ends with the time, or after `most`."""
    every = list(dict.fromkeys(strategies))
    parts = {each: [] for each in every}
    begin = time.monotonic()
    for number in range(most + 1):
        if number > least and time.monotonic() - begin > seconds_at_most:
            break
        before = seconds(on(strata, "heap", command))
        for each in every[number % len(every):] + every[:number % len(every)]:
            own = seconds(on(strata, each, command))
            after = seconds(on(strata, "heap", command))
            parts[each].append(2 * own / (before + after))
            before = after
    return {"heap": 1} | {each: statistics.median(parts[each][1:]) for each in every}
