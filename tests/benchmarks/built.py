# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""Programs of programs.py, built once more with a line STRATA_GLOBAL_RESOURCE(...)."""
import glob
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OBJECTS = {"atlas": "tests/whole_program/libatlas_parts.a.p",
           "habits": "tests/benchmarks/habits.p",
           "word_index": "docs/examples/word_index.p"}


def line_of(strategy):
    return f'STRATA_GLOBAL_RESOURCE(strata::strategy::parse("{strategy}").build());'


def with_line(line, build, command, program):
    """The command of the program with the line; null if its objects are not in the build folder."""
    folder = OBJECTS.get(os.path.basename(command[0]))
    if folder is None:
        return None
    with open(f"{program}.cpp", "w", encoding="utf-8") as file:
        file.write("#include <strata/interop/global_new.hpp>\n#include <strata/strata.hpp>\n\n"
                   f"{line}\n")
    compiler = os.environ.get("CXX", "c++").split()
    subprocess.run([*compiler, "-std=c++20", "-O2", f"-I{ROOT}/include", f"{program}.cpp",
                    *glob.glob(f"{build}/{folder}/*.o"), f"-L{build}/src", "-lstrata",
                    f"-Wl,-rpath,{build}/src", "-pthread", "-o", program], check=True)
    return [os.path.abspath(program), *command[1:]]
