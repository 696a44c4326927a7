#!/bin/sh
# put_table.sh PAGE SCRIPT: puts the table on standard input where PAGE has that of SCRIPT, after
# the line `<!-- SCRIPT -->`.
set -eu
table=$(cat)
export table
awk -v mark="<!-- $2 -->" '
    $0 == mark { print; print ""; print ENVIRON["table"]; after = 1; next }
    after && /^(\|.*)?$/ { next }
    after { print ""; after = 0 }
    { print }' "$1" >"$1.part"
mv "$1.part" "$1"
