#!/bin/sh
# tests_listed.sh ROOT: tests/meson.build lists each test file, so that none is left out unseen.
set -u
cd "$1/tests" || exit 1
failures=0
for file in */*_test.cpp; do
    grep -q "'$file'" meson.build || {
        echo "tests/$file is not in tests/meson.build"
        failures=1
    }
done
exit "$failures"
