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

from built import with_line
from programs import least_seconds, peak, record


def main():
    if len(sys.argv) not in (2, 4) or sys.argv[2:3] not in ([], ["--rounds"]):
        sys.exit(__doc__)
    build = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[3]) if len(sys.argv) == 4 else 25
    strata = f"{build}/src/tool/strata"
    program = [f"{build}/tests/benchmarks/habits", "json", "/usr/share/iso-codes/json"]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        record(strata, program, "habits.trace")
        print("$ strata tune habits.trace -- ./habits json /usr/share/iso-codes/json", flush=True)
        subprocess.run([strata, "tune", "habits.trace", "--advice", "advice.json", "--", *program],
                       check=True)
        with open("advice.json", encoding="utf-8") as file:
            advice = json.load(file)
        if advice["take"] is None:
            return
        predicted = next(each["in_program"]["median"] for each in advice["finalists"]
                         if each["strategy"] == advice["take"])
        line = f"STRATA_GLOBAL_RESOURCE({advice['cpp']});"
        tuned = with_line(line, build, program, "tuned")
        least = least_seconds({"heap": program, "tuned": tuned}, rounds)
        peaks = {name: peak(command) for name, command in (("heap", program), ("tuned", tuned))}
    print(f"\nwith {line}")
    print(f"time, predicted     {predicted:.2f}")
    print(f"time, measured      {least['tuned'] / least['heap']:.2f}"
          f"  ({least['heap'] * 1000:.0f} ms before, {least['tuned'] * 1000:.0f} ms now)")
    print(f"peak                {peaks['heap'] / 2**20:.1f} MiB before, "
          f"{peaks['tuned'] / 2**20:.1f} MiB now")


if __name__ == "__main__":
    main()
