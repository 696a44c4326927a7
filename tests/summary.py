"""Adds up what `meson test` logged in the files named: Boost.Test's cases one by one, any other
test as one. Prints what failed and why, then `N passed, N failed`, and the skipped if any; fails if
one failed or none ran."""

import json
import re
import sys
from collections import Counter

# Boost.Test's short report. Its "aborted" cases are among the failed, so are not added.
CASES = re.compile(r"(\d+) test cases? out of \d+ (passed|failed|timed-out|skipped)")
# Where a test says what is wrong: Boost.Test, the compilers, sanitizers, Valgrind, Python.
REASON = re.compile(r"error|ERROR|FAIL|WARNING: ThreadSanitizer|SUMMARY:|^#[0-3] ")
MOST_LINES = 20
OUTCOME_OF_CASE = {"timed-out": "failed"}
OUTCOME_OF_TEST = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}


def reasons(test):
    """The lines that tell why it failed; where none is known for that, its last ones."""
    lines = (test.get("stdout", "") + "\n" + test.get("stderr", "")).split("\n")
    lines = [line for line in lines if line.strip()]
    telling = [line for line in lines if REASON.search(line)]
    return telling[:MOST_LINES] if telling else lines[-MOST_LINES:]


def outcomes(test):
    """How many passed, failed and were skipped in one test program."""
    overall = OUTCOME_OF_TEST.get(test["result"], "failed")
    counts = Counter()
    for number, outcome in CASES.findall(test.get("stdout", "") + test.get("stderr", "")):
        counts[OUTCOME_OF_CASE.get(outcome, outcome)] += int(number)

    # A program that ended before it could report has failed, whatever its exit status.
    if not counts and overall == "passed" and "BOOST_TEST_REPORT_LEVEL" in test["env"]:
        overall = "failed"
    # So has one with a crash or a leak after its cases had all passed.
    if not counts or (overall == "failed" and not counts["failed"]):
        counts[overall] += 1
    if overall == "failed":
        print(f"failed: {test['name']} ({test['result']})")
        for line in reasons(test):
            print("   ", line[:300])
    return counts


total = Counter()
for log in sys.argv[1:]:
    try:
        with open(log, encoding="utf-8") as lines:
            for line in lines:
                total += outcomes(json.loads(line))
    except OSError as error:
        print(error, file=sys.stderr)
        total["failed"] += 1

skipped = f", {total['skipped']} skipped" if total["skipped"] else ""
print(f"{total['passed']} passed, {total['failed']} failed{skipped}")
sys.exit(total["failed"] > 0 or total["passed"] == 0)
