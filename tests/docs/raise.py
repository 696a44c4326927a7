#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""raise.py [ROOT]: how errors are thrown and caught, so that programs can do without exceptions.

- Headers have no `throw`, `try` or `catch`: programs compile them with -fno-exceptions.
- Sources throw through `raise_error` and its kin (diagnostics/detail/raise.hpp) alone, or throw again what
  they caught: with `errors_are_misuse`, an error must end the program where it is raised.
- What catches an error for good says so with an `attempt` in its `try`: there, an error is thrown
  all the same. If it throws again, `end_if_raised` comes first.
"""
import pathlib
import re
import sys

# Headers that are compiled in two ways.
ALLOWED_HEADERS = {
    "include/strata/diagnostics/detail/raise.hpp",
    "include/strata/detail/unwinding.hpp",
}
# Sources in whose `try` no error of the library is thrown, or that keep it to throw it again.
ALLOWED_TRIES = {
    "src/diagnostics/calls_at.cpp",
    "src/diagnostics/stack_room.cpp",
    "src/interop/boost_pmr.cpp",
}

COMMENT_OR_STRING = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
THROW = re.compile(r"\bthrow\b(?!\s*;)")
THROW_AGAIN = re.compile(r"\bthrow\s*;")
TRY = re.compile(r"\btry\s*\{")
CATCH = re.compile(r"\s*catch\s*\([^)]*\)\s*\{")


def bare(text):
    """The text with comments and strings blanked out."""
    return COMMENT_OR_STRING.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)


def end_of_block(text, brace):
    depth = 0
    for at in range(brace, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    return len(text)


def findings_in_try(text, at):
    end = end_of_block(text, text.index("{", at))
    is_attempt = re.search(r"\battempt\s+\w+;", text[at:end])
    while match := CATCH.match(text, end):
        end = end_of_block(text, match.end() - 1)
        handler = text[match.start():end]
        again = THROW_AGAIN.search(handler)
        if not again and not is_attempt:
            yield at, "what is caught for good is no `attempt`"
        if again and is_attempt and "end_if_raised" not in handler[:again.start()]:
            yield at, "an `attempt` throws again without `end_if_raised`"


def findings(name, source):
    text = bare(source)
    if name.startswith("include/"):
        if name not in ALLOWED_HEADERS:
            for match in re.finditer(r"\b(throw|try|catch)\b", text):
                yield match.start(), f"`{match[1]}` in a header"
        return
    for match in THROW.finditer(text):
        yield match.start(), "throws otherwise than by `raise_error`"
    if name not in ALLOWED_TRIES:
        for match in TRY.finditer(text):
            yield from findings_in_try(text, match.start())


EXAMPLES = (  # with how many findings
    (1, "include/a.hpp", "void f() { throw 1; }"),
    (2, "include/a.hpp", "void f() { try { g(); } catch (...) { h(); } }"),
    (0, "include/a.hpp", "void f(); // may throw; try it, catch it"),
    (1, "src/a.cpp", "void f() { throw std::bad_alloc{}; }"),
    (0, "src/a.cpp", "void f() { raise_error(std::bad_alloc{}); }"),
    (0, "src/a.cpp", "void f() { try { g(); } catch (...) { h(); throw; } }"),
    (1, "src/a.cpp", "void f() { try { g(); } catch (...) { h(); } }"),
    (0, "src/a.cpp", "void f() { try { const attempt now; g(); } catch (...) { h(); } }"),
    (1, "src/a.cpp", "void f() { try { const attempt now; g(); } catch (const e& x) { throw; } }"),
    (1, "src/a.cpp", "void f() { try { g(); } catch (const e& x) { throw; } catch (...) { h(); } }"),
)


def main():
    for expected, name, source in EXAMPLES:
        if len(list(findings(name, source))) != expected:
            sys.exit(f"raise.py finds {list(findings(name, source))} in: {source}")
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/../../..").resolve()
    files = sorted(f for d in ("include/strata", "src") for f in (root / d).rglob("*.[ch]pp")
                   if "tool" not in f.relative_to(root).parts)
    if len(files) < 100:
        sys.exit(f"only {len(files)} files: was this run in the right place?")
    wrong = 0
    for file in files:
        name = str(file.relative_to(root))
        source = file.read_text()
        for at, what in findings(name, source):
            print(f"{name}:{source.count(chr(10), 0, at) + 1}: {what}")
            wrong += 1
    print(f"{len(files)} files, {wrong} findings")
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
