#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#
#   tests/mutations/run.py             plants each fault of faults.py, one at a time, in a copy of
#                                      the sources, builds, and shows which test notices
#   tests/mutations/run.py TEXT...     only those whose description or file has one of these texts
#   tests/mutations/run.py --publish   and puts the table into docs/reliability.md: of what was not
#                                      run the rows stay as they are
#   tests/mutations/run.py --check     only whether the sources still have the text of each fault,
#                                      once, and faults.py each fault of the table
#
# Needs what tests/run.sh needs, and takes some minutes. The last line says `N passed, N failed`: a
# fault that no test notices has failed.
import os
import pathlib
import shutil
import subprocess
import sys

from faults import PLAN

ROOT = pathlib.Path(__file__).resolve().parents[2]
COPY = ROOT / "build" / "mutations"
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- mutations: begin -->", "<!-- mutations: end -->"

BUILDS = {
    "": [],
    "unchecked": ["-Db_ndebug=true"],
    "asan": ["-Db_sanitize=address,undefined",
             "-Dcpp_args=['-fno-sanitize-recover=all','-Wno-maybe-uninitialized']"],
    "tsan": ["-Db_sanitize=thread"],
}


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def copy_sources():
    """What has not changed is left as it is, so that it is not compiled again."""
    for name in ("include", "src", "tests", "docs", "meson.build", "meson_options.txt",
                 "README.md", "LICENSE"):
        for source in [ROOT / name, *(ROOT / name).rglob("*")]:
            copy = COPY / source.relative_to(ROOT)
            if source.is_dir():
                copy.mkdir(parents=True, exist_ok=True)
            elif not copy.exists() or copy.read_bytes() != source.read_bytes():
                shutil.copy(source, copy)


def build_folder(build):
    folder = COPY / "build" / (build or "plain")
    if not (folder / "build.ninja").exists():
        made = run(["meson", "setup", *BUILDS[build], "-Dtests=enabled", folder, COPY])
        if made.returncode != 0:
            sys.exit(made.stdout + made.stderr)
    return folder


def passes(which):
    """Whether the test still passes, or does not even build."""
    build, _, test = which.rpartition(":")
    not_built = 125  # which is no test's merit
    return run(["meson", "test", "-C", build_folder(build), "-t", "0.3", test],
               env={**os.environ, "STRATA_TEST_OPERATIONS": "20000"}).returncode in (0, not_built)


def first_to_notice(tests):
    """The first test that fails, if any."""
    for test in tests:
        if not passes(test):
            return test
    return None


class NotThere(Exception):
    """A text that the sources do not have, or not once."""


def find_places(root, pattern, old):
    """Of each text, the one file that has it, once."""
    files = [pattern] if "*" not in pattern else [
        str(each.relative_to(root)) for each in sorted(root.glob(pattern))]
    sources = {file: (root / file).read_text(encoding="utf-8") for file in files}
    places = []
    for text in [old] if isinstance(old, str) else old:
        found = [file for file in files for _ in range(sources[file].count(text))]
        if len(found) != 1:
            raise NotThere(f"{pattern}: {len(found)} times, not once: {text!r}")
        places.append((found[0], text))
    return places, sources


def check():
    failures = []
    for what, pattern, old, *_ in PLAN:
        try:
            find_places(ROOT, pattern, old)
        except (NotThere, OSError) as problem:
            failures.append(f"{what}: {problem}")
    left_over = set(published_rows()) - {what for what, *_ in PLAN}
    failures += [f"{PAGE.name}: the table has a fault that is not planted: {what}"
                 for what in sorted(left_over)]
    sys.exit("\n".join(failures) if failures else 0)


def published_rows():
    """Those in the page, by the fault."""
    rows = PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0].strip().splitlines()[2:]
    return {row.split("|")[1].strip(): row for row in rows}


def main():
    if sys.argv[1:] == ["--check"]:
        check()
    wanted = [word for word in sys.argv[1:] if word != "--publish"]
    plan = [fault for fault in PLAN
            if not wanted or any(word in text for word in wanted for text in fault[:2])]
    COPY.mkdir(parents=True, exist_ok=True)
    copy_sources()
    for which in sorted({test for *_, tests in plan for test in tests}):
        if not passes(which):
            sys.exit(f"{which} fails, or does not build, with no fault planted")

    rows = []
    for what, pattern, old, new, tests in plan:
        try:
            places, sources = find_places(COPY, pattern, old)
        except NotThere as problem:
            sys.exit(str(problem))
        file = places[0][0]
        changed = dict(sources)
        for (place, text), instead in zip(places, [new] if isinstance(new, str) else new, strict=True):
            changed[place] = changed[place].replace(text, instead)
        places = {place for place, _ in places}
        try:
            for place in places:
                (COPY / place).write_text(changed[place], encoding="utf-8")
            noticed = first_to_notice(tests)
        finally:
            for place in places:
                (COPY / place).write_text(sources[place], encoding="utf-8")
        rows.append((what, file, noticed))
        print(f"{'noticed' if noticed else 'UNSEEN':8} {what} ({file}): {noticed or tests}",
              flush=True)

    if "--publish" in sys.argv:
        known = published_rows() | {
            what: f"| {what} | `{file}` | {'`' + noticed + '`' if noticed else 'nobody'} |"
            for what, file, noticed in rows}
        lines = ["| Fault | in | noticed by |", "|---|---|---|"] + [
            known[what] for what, *_ in PLAN if what in known]
        before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
        after = rest.split(END)[1]
        PAGE.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after,
                        encoding="utf-8")
    unseen = sum(noticed is None for *_, noticed in rows)
    print(f"{len(rows) - unseen} passed, {unseen} failed")
    sys.exit(unseen != 0)


main()
