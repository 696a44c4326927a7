"""headers.py [HEADER...]: how long compilers take for a file that includes one header of Strata.

User time of `-fsyntax-only`, and its ratio to that of a file with <memory_resource>: the median of
rounds in which every file has its turn, so that a busy machine slows all of them. The compilers are
g++ and clang++, or the one that CXX names.
"""
import os
import pathlib
import statistics
import subprocess
import sys

INCLUDE = pathlib.Path(__file__).resolve().parents[2] / "include"
ROUNDS = 15
BASE = "memory_resource"
HEADERS = [f"strata/{name}.hpp" for name in (
    "strategies/arena_resource", "strategies/pool_resource", "compose/stack", "compose/describe",
    "compose/strategy", "strata")]


def user_time(compiler, header):
    process = subprocess.Popen(
        [*compiler, "-std=c++20", "-fsyntax-only", f"-I{INCLUDE}", "-x", "c++", "-"],
        stdin=subprocess.PIPE)
    process.stdin.write(f"#include <{header}>\n".encode())
    process.stdin.close()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{header} was not compiled")
    return used.ru_utime


def main():
    headers = sys.argv[1:] or HEADERS
    compilers = [os.environ["CXX"]] if "CXX" in os.environ else ["g++", "clang++"]
    table = {header: [] for header in [BASE, *headers]}
    for compiler in compilers:
        times = {header: [] for header in table}
        for _ in range(ROUNDS):
            for header, taken in times.items():
                taken.append(user_time(compiler.split(), header))
        base = statistics.median(times[BASE])
        for header, taken in times.items():
            own = statistics.median(taken)
            table[header].append(f"{own * 1000:8.0f} ms {own / base:5.2f}")
    width = max(map(len, table))
    print(" " * width, *(f"{compiler:>17}" for compiler in compilers))
    for header, cells in table.items():
        print(f"{header:{width}}", *cells)


main()
