#!/usr/bin/env python3
"""shields.py [ROOT]: what must stand in a scope with a `shield` (detail/shield.hpp).

A call of the system, which may change errno or be a point where a thread is cancelled, and a
`catch (...)` that does not throw again, which would stop a cancelled thread from unwinding.
"""
import pathlib
import re
import sys

CALLS = """
    mmap munmap mremap madvise mprotect mlock munlock mlockall munlockall msync
    open openat creat close read write pread pwrite lseek stat fstat readlink ioctl fcntl
    sysconf getrandom nanosleep clock_nanosleep usleep sleep poll select pipe dup dup2 waitpid
    printf fprintf vprintf vfprintf puts fputs putc fputc putchar fwrite fread fopen fclose fflush
    perror dprintf vdprintf
""".split()

COMMENT_OR_STRING = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
CALL = re.compile(r"(?<![\w.>:])(?:std::|::)?(%s)\s*\(" % "|".join(CALLS))
CATCH_ALL = re.compile(r"\bcatch\s*\(\s*\.\.\.\s*\)\s*\{")
SHIELD = re.compile(r"\bshield\s+\w+\s*;")
BEFORE_A_CALL = ("return", "else", "do", "and", "or", "not", "case", "throw")


def bare(text):
    """The text with comments and strings blanked out."""
    return COMMENT_OR_STRING.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)


def scope_before(text, at):
    """What stands before `at` in the blocks around it, without the blocks that have ended."""
    parts = [""]
    for part in re.split(r"([{}])", text[:at]):
        if part == "{":
            parts.append("")
        elif part == "}":
            if len(parts) > 1:
                parts.pop()
        else:
            parts[-1] += part
    return parts[1:]  # at the top of a file there is no scope


def block_at(text, brace):
    depth = 0
    for end in range(brace, len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if depth == 0:
            return text[brace:end]
    return text[brace:]


def is_shielded(text, at):
    return any(SHIELD.search(part) for part in scope_before(text, at))


def is_declaration(text, at):
    """Whether a type stands before the name: a function of the file's own."""
    word = re.search(r"([\w>&*\]]+)\s+$", text[:at])
    return word is not None and word[1] not in BEFORE_A_CALL and re.match(r"[\w>&*]", word[1][-1])


def findings(source):
    text = bare(source)
    own = {m[1] for m in CALL.finditer(text) if is_declaration(text, m.start())}
    own |= {m[1] for m in re.finditer(r"\w::(%s)\s*\(" % "|".join(CALLS), text)
            if not text[:m.start() + 1].endswith("std")}
    for match in CALL.finditer(text):
        if match[1] not in own and not is_shielded(text, match.start()):
            yield match.start(), f"{match[1]}() outside of a shield"
    for match in CATCH_ALL.finditer(text):
        again = re.search(r"\bthrow\s*;", block_at(text, match.end() - 1))
        if not again and not is_shielded(text, match.start()):
            yield match.start(), "catch (...) neither throws again nor is in a shield"


EXAMPLES = (  # with how many findings
    (0, "void f() { const shield here; munmap(a, b); }"),
    (1, "void f() { munmap(a, b); }"),
    (1, "void f() { const shield here; } void g() { munmap(a, b); }"),
    (1, "void f() { { const shield here; } std::fprintf(stderr, text); }"),
    (0, "void f() { const detail::shield here; if (a) { ::write(a, b, c); } }"),
    (1, "int f() { return ::write(a, b, c); }"),
    (0, 'void f() { say("munmap(a, b)"); }  // munmap(a, b)'),
    (0, "bool open(int a); void f() { open(a); range.close(); }"),
    (1, "void f() noexcept { try { g(); } catch (...) { h(); } }"),
    (0, "void f() { try { g(); } catch (...) { h(); throw; } }"),
    (0, "void f() { const shield here; try { g(); } catch (...) { h(); } }"),
    (1, "void f() { try { const shield here; g(); } catch (...) { h(); } }"),
)


def main():
    for expected, source in EXAMPLES:
        if len(list(findings(source))) != expected:
            sys.exit(f"shields.py finds {list(findings(source))} in: {source}")
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/../../..").resolve()
    # The tool's own programs are nobody else's; what it preloads is in the user's.
    tool = root / "src/tool"
    preloaded = (tool / "preload", tool / "record")
    files = sorted(f for d in ("include/strata", "src") for f in (root / d).rglob("*.[ch]pp")
                   if tool not in f.parents or any(each in f.parents for each in preloaded))
    if not files:
        sys.exit(f"no source was found in {root}")
    wrong = 0
    for file in files:
        source = file.read_text()
        for at, what in findings(source):
            print(f"{file.relative_to(root)}:{source.count(chr(10), 0, at) + 1}: {what}")
            wrong += 1
    print(f"{len(files)} files, {wrong} findings")
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
