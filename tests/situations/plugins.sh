#!/bin/sh
# plugins.sh HOST PLUGIN: a plugin that uses the library is unloaded before its threads end and before
# the process exits.
set -u
host=$1
plugin=$2
failures=0

# try NAME PATTERN COMMAND...: the command ends well within its time, and prints the pattern.
try() {
    name=$1
    pattern=$2
    shift 2
    output=$(timeout 60 "$@" 2>&1)
    status=$?
    if [ "$status" -eq 0 ] && printf '%s\n' "$output" | tr '\n' '|' | grep -qx -- "$pattern|"; then
        echo "$name: as it should be"
    else
        printf '%s: exit status %s, not "%s" but:\n%s\n' "$name" "$status" "$pattern" "$output"
        failures=$((failures + 1))
    fi
}

try "a thread outlives the plugin" 'the thread has ended' \
    "$host" "$plugin" thread plugin_use_concurrent
try "a debug_resource of the plugin" 'found: .*still live.*|unloaded' \
    "$host" "$plugin" unload plugin_debug
try "a debug_resource that only the exit looks at" 'found: .*still live.*|unloaded' \
    "$host" "$plugin" unload plugin_debug_at_exit
try "1,100 times" 'keys for threads used up: 0' \
    "$host" "$plugin" times 1100 plugin_use_concurrent
# Each takes room for thread-local storage, of which there is little.
try "20 copies at once" '20 copies' "$host" "$plugin" copies 20 plugin_use_concurrent
[ "$failures" -eq 0 ]
