#!/bin/sh
# gdb finds the printers by the path of the installed library; for a static one they are named.
. "$(dirname "$0")/workspace.sh"
need gdb
need pkg-config
install_library

export PKG_CONFIG_PATH="$installed/$LIBDIR/pkgconfig"
flags=$(pkg-config --define-variable=prefix="$installed" --cflags --libs strata)
cd "$work"
eval "$CXX -std=c++20 -g main.cpp -o consumer $flags" # eval: pkg-config quotes for the shell

if [ "$LIBRARY_KIND" = static ]; then
    set -- -ex "source $installed/share/strata/strata_gdb.py"
else
    # gdb appends the library's path to the folder of scripts. This one is laid out as that of a
    # system would be, had the library been installed in this temporary folder.
    mkdir -p "scripts$(dirname "$installed")"
    ln -s "$installed/share/gdb/auto-load$PREFIX" "scripts$installed"
    set -- -iex "set auto-load safe-path /" -iex "set auto-load scripts-directory $work/scripts"
fi
line=$(grep -n 'strata::describe' main.cpp | cut -d: -f1)
LD_LIBRARY_PATH="$installed/$LIBDIR" gdb -nx -batch "$@" \
    -ex "break main.cpp:$line" -ex run -ex "strata tree memory" ./consumer >log 2>&1 || true
if grep -q 'ptrace: Operation not permitted' log; then
    echo "skipped: gdb may not run a program here"
    exit 77
fi
cat log
grep -q '^stats .*4096 B ' log
