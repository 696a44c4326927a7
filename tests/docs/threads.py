#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""threads.py [ROOT]: what the library shares between threads, and keeps for each, goes one way.

- Thread-local variables are in threads/this_thread alone, and are read through its functions: a fiber
  may change threads between two calls, and a compiler keeps the address of a variable that it sees.
- Locks are those of threads/fork_gate, at which a fork waits: another lock may be held in its child.
- Handlers of forks and of the end of threads are registered in one place each, which takes them back
  when the library is unloaded.
"""

import pathlib
import re
import sys

# What is looked for, where it may be, and what to do instead.
RULES = [
    (
        r"\bthread_local\b",
        {"include/strata/threads/detail/this_thread.hpp", "src/threads/this_thread.cpp"},
        "keep it in the thread's record: a word of threads/detail/thread_record.hpp",
    ),
    (
        r"(?<!std::)(?<!/)\bthis_thread\s*[.;]",
        {
            "include/strata/threads/detail/this_thread.hpp",
            "src/threads/this_thread.cpp",
            # Functions that are not inlined, and call nothing between the address and its use but
            # the resource that serves them.
            "include/strata/interop/detail/global_bare_blocks.hpp",
            "include/strata/interop/detail/global_headed_blocks.hpp",
            "include/strata/interop/detail/global_program.hpp",
            "src/interop/global_new.cpp",
            "src/interop/global_program.cpp",
        },
        "call state_of_this_thread() or record_of_this_thread() anew each time",
    ),
    (
        r"\b(std::(recursive_|shared_|timed_)*mutex|pthread_(mutex|rwlock|spin)\w*|"
        r"std::call_once|pthread_once|pthread_atfork|std::atomic_flag)\b",
        {"include/strata/threads/detail/fork_gate.hpp", "src/threads/fork_gate.cpp"},
        "use section_mutex or call_mutex of threads/detail/fork_gate.hpp",
    ),
    (
        r"\b(pthread_key_\w+|pthread_setspecific|__cxa_thread_atexit\w*)\b",
        {"src/threads/process_state.hpp", "src/threads/thread_record.cpp"},
        "let threads/thread_record learn that a thread ends",
    ),
]

# Lines that must be found, and lines that must not be, to show that the rules can tell.
WRONG = [
    "constinit thread_local int depth = 0;",
    "thread_state& mine = this_thread;",
    "std::mutex mutex_;",
    "pthread_atfork(a, b, c);",
    "pthread_key_create(&key, &end);",
]
RIGHT = [
    "std::this_thread::yield();",
    "thread_state& me = state_of_this_thread();",
    "section_mutex mutex_;",
    "#include <mutex>",
    "#include <strata/threads/detail/this_thread.hpp>",
]


def code_of(line):
    return re.sub(r'//.*|"(?:[^"\\]|\\.)*"', "", line)


def findings(name, lines):
    for number, line in enumerate(lines, 1):
        for pattern, allowed, instead in RULES:
            if name not in allowed and re.search(pattern, code_of(line)):
                yield f"{name}:{number}: {line.strip()}\n    {instead}"


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]
    for line in WRONG:
        assert list(findings("planted", [line])), f"not found: {line}"
    for line in RIGHT:
        assert not list(findings("planted", [line])), f"found: {line}"
    files = [each for folder in ("include/strata", "src") for each in (root / folder).rglob("*.[hc]pp")]
    assert len(files) > 100, f"only {len(files)} files: was this run in the right place?"
    wrong = [
        finding
        for each in sorted(files)
        for finding in findings(str(each.relative_to(root)), each.read_text().splitlines())
    ]
    print("\n".join(wrong))
    print(f"{len(files)} files, {len(wrong)} lines against the rules")
    return 1 if wrong else 0


sys.exit(main())
