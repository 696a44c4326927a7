#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""record.py STRATA [--rounds N]: what `strata record` costs a compiler, which allocates a lot.

In each round the compiler runs once without it, once with it, and once with call stacks; the ratio
is that of the round.
Its own time with it is that from the first event of the trace to the last. The other ratio contains
the start of the command, and the packing of the trace, too."""
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

TYPES = 330
SOURCE = """#include <algorithm>
#include <map>
#include <regex>
#include <string>
#include <vector>
""" + "".join(f"""
struct type_{i} {{ int value; std::string name; }};
inline int work_{i}(const std::vector<type_{i}>& all) {{
    std::map<std::string, type_{i}> by_name;
    for (const type_{i}& each : all) {{ by_name.emplace(each.name, each); }}
    return std::count_if(all.begin(), all.end(),
                         [](const type_{i}& of) {{ return of.value > {i}; }});
}}""" for i in range(TYPES // 10)) + "\n" + "".join(
    f"int function_{i}(int x) {{\n    return x * {i} + 1;\n}}\n\n" for i in range(TYPES))


def seconds(command):
    begin = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - begin


def compiler_command(output):
    """Compiles the source, preprocessed here in the current folder."""
    compiler = subprocess.run(["g++", "-print-prog-name=cc1plus"], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()
    with open("source.cpp", "w", encoding="utf-8") as file:
        file.write(SOURCE)
    subprocess.run(["g++", "-std=c++20", "-E", "source.cpp", "-o", "source.ii"], check=True)
    return [compiler, "-quiet", "-std=c++20", "-fpreprocessed", "source.ii", "-o", output]


def main():
    if len(sys.argv) not in (2, 4) or sys.argv[2:3] not in ([], ["--rounds"]):
        sys.exit(__doc__)
    strata = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[3]) if len(sys.argv) == 4 else 9
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        plain = compiler_command("plain.s")
        recorded = [strata, "record", "--force", "-o", "compiler.trace", "--",
                    *plain[:-1], "recorded.s"]
        times = []
        ways = {"": ([], [], {}), ", with stacks": ([], [], {})}
        for _ in range(rounds + 1):
            without = seconds(plain)
            times.append(without)
            for way, (own, whole, of) in ways.items():
                options = ["--stacks"] if way else []
                everything = seconds(recorded[:2] + options + recorded[2:])
                of.update(json.loads(subprocess.run(
                    [strata, "info", "--json", "compiler.trace"], check=True,
                    stdout=subprocess.PIPE).stdout))
                own.append(of["microseconds"] / 1e6 / without)
                whole.append(everything / without)
        with open("plain.s", "rb") as one, open("recorded.s", "rb") as other:
            assert one.read() == other.read(), "the compiler wrote something else"
        of = ways[""][2]
        print(f"cc1plus on {SOURCE.count(chr(10))} lines: {statistics.median(times[1:]):.2f} s, "
              f"{of['allocated']['blocks']} blocks, {of['events']['total']} events")
        for way, (own, whole, of) in ways.items():
            for what, ratios in ("its own time", own), ("with the packing", whole):
                ratios = sorted(ratios[1:])
                spread = (ratios[len(ratios) * 3 // 4] - ratios[len(ratios) // 4]) / 2
                print(f"recorded{way + ', ' + what:32} "
                      f"{statistics.median(ratios):.2f} ± {spread:.2f} x")
            events = of["events"]["total"]
            cost = (statistics.median(own[1:]) - 1) * statistics.median(times[1:]) / events * 1e9
            print(f"an event{way + ', in the program':32} {cost:.0f} ns")
            print(f"an event{way + ', in the file':32} {of['bytes'] / events:.2f} B")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(f"most memory of any process              {peak / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
