#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""case.py BUILD [--rounds N]: from a recording to a pasted line, and what that brought.

The program reads and writes JSON with nlohmann-json, a public library. It is recorded, `strata tune`
advises by the trace and by runs of the program, and the program with the line that it says is
measured beside the one without, in random order. Times are the least of all rounds."""
import json
import os
import subprocess
import sys
import tempfile

from programs import least_seconds, peak, record

LINE = "strata::stack{strata::concurrent_pool{}, strata::heap{}}"


def main():
    if len(sys.argv) not in (2, 4) or sys.argv[2:3] not in ([], ["--rounds"]):
        sys.exit(__doc__)
    build = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[3]) if len(sys.argv) == 4 else 25
    strata = f"{build}/src/tool/strata"
    arguments = ["json", "/usr/share/iso-codes/json"]
    program = [f"{build}/tests/benchmarks/habits", *arguments]
    tuned = [f"{build}/tests/benchmarks/habits_tuned", *arguments]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        record(strata, program, "habits.trace")
        print("$ strata tune habits.trace -- ./habits json /usr/share/iso-codes/json", flush=True)
        subprocess.run([strata, "tune", "habits.trace", "--advice", "advice.json", "--", *program],
                       check=True)
        with open("advice.json", encoding="utf-8") as file:
            advice = json.load(file)
        predicted = next((each["saves"] for each in advice["finalists"]
                          if each["strategy"] == "concurrent_pool"), None)
        least = least_seconds({"heap": program, "tuned": tuned}, rounds)
    print(f"\nwith STRATA_GLOBAL_RESOURCE({LINE}):")
    print(f"time, predicted     {'unknown' if predicted is None else f'{1 - predicted:.2f}'}")
    print(f"time, measured      {least['tuned'] / least['heap']:.2f}"
          f"  ({least['heap'] * 1000:.0f} ms before, {least['tuned'] * 1000:.0f} ms now)")
    print(f"peak                {peak(program) / 2**20:.1f} MiB before, "
          f"{peak(tuned) / 2**20:.1f} MiB now")


if __name__ == "__main__":
    main()
