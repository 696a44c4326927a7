# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""Programs of programs.py, built once more with a line STRATA_GLOBAL_RESOURCE(...)."""
import glob
import os
import subprocess

from programs import on, peak

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OBJECTS = {"atlas": "tests/whole_program/libatlas_parts.a.p",
           "habits": "tests/benchmarks/habits.p",
           "word_index": "docs/examples/word_index.p"}


def line_of(strategy):
    return f'STRATA_GLOBAL_RESOURCE(strata::strategy::parse("{strategy}").build());'


def build_with(line, build, objects, program, more=""):
    """Links the objects and more source text with the line, to `program` in this folder."""
    with open(f"{program}.cpp", "w", encoding="utf-8") as file:
        file.write("#include <strata/interop/global_new.hpp>\n#include <strata/strata.hpp>\n\n"
                   f"{line}\n{more}\n")
    compiler = os.environ.get("CXX", "c++").split()
    subprocess.run([*compiler, "-std=c++20", "-O2", f"-I{ROOT}/include", f"{program}.cpp", *objects,
                    f"-L{build}/src", "-lstrata", f"-Wl,-rpath,{build}/src", "-pthread",
                    "-o", program], check=True)
    return os.path.abspath(program)


def with_line(line, build, command, program):
    """The command of the program with the line; null if its objects are not in the build folder."""
    folder = OBJECTS.get(os.path.basename(command[0]))
    if folder is None:
        return None
    objects = glob.glob(f"{build}/{folder}/*.o")
    return [build_with(line, build, objects, program), *command[1:]]


def own_memory(strata, strategy, build):
    """Bytes of resident memory that the library and its strategy add to a program that does
    nothing: preloaded, and linked with a line."""
    wait = "#include <unistd.h>\nint main() { delete new int; usleep(100000); }"
    compiler = os.environ.get("CXX", "c++").split()
    with open("waits.cpp", "w", encoding="utf-8") as file:
        file.write(wait)
    subprocess.run([*compiler, "waits.cpp", "-o", "waits"], check=True)
    waits = [os.path.abspath("waits")]
    with_it = [build_with(line_of(strategy), build, [], "waits_with_line", wait)]
    return peak(on(strata, strategy, waits)) - peak(waits), peak(with_it) - peak(waits)
