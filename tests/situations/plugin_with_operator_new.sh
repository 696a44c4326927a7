#!/bin/sh
# plugin_with_operator_new.sh HOST PLUGIN: what the plugin's operator new left is reported once, at its
# unload or, where the compiler keeps it loaded, at the exit; the process ends well.
set -u
output=$(timeout 60 "$1" "$2" unload plugin_report_at_exit 2>&1) || { echo "it failed: $output"; exit 1; }
printf '%s\n' "$output"
[ "$(printf '%s\n' "$output" | grep -c 'of operator new still live at the exit')" -eq 1 ]
