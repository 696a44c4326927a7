# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""Programs of different habits, and what they take on the heap and on strategies. They run in a
folder that is their own."""
import math
import os
import random
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


def least_seconds(commands, rounds, most=None, seconds_at_most=0):
    """The least seconds of the runs of each command, by their names. What disturbs a run only makes
    it slower, and may do so for many runs in a row, so they are in random order. After `rounds`, it
    goes on until `seconds_at_most` have passed, or for `most` rounds."""
    least = dict.fromkeys(commands, math.inf)
    dice = random.Random(42)
    begin = time.monotonic()
    for number in range(most or rounds):
        if number >= rounds and time.monotonic() - begin > seconds_at_most:
            break
        for each in dice.sample(list(commands), len(commands)):
            least[each] = min(least[each], seconds(commands[each]))
    return least


def least_times(strata, command, strategies, rounds, most=None, seconds_at_most=0):
    """The least seconds of the runs on the heap and on each strategy."""
    commands = {each: on(strata, each, command) for each in ["heap", *strategies]}
    return least_seconds(commands, rounds, most, seconds_at_most)
