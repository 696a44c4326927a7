#!/bin/sh
# one_way_to_text.sh [ROOT]: under include/strata and src, numbers and names become text in
# detail/text.hpp alone, except in the command `strata`, which writes to its streams. What goes
# another way fails here: it may depend on the locale, or show a name as it is.
set -u
root=${1:-$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)}
cd "$root" || exit 1

find include/strata src -type f \( -name '*.hpp' -o -name '*.cpp' -o -name '*.h' \) \
    ! -path 'src/tool/*.cpp' ! -path include/strata/detail/text.hpp ! -path src/detail/text.cpp \
    -exec awk '
    function wrong(why) {
        print FILENAME ":" FNR ": " why
    }

    FNR == 1 { streams = "" }

    {
        code = $0
        sub(/^[ \t]*\/\/.*/, "", code)
        sub(/[ \t]\/\/[^"]*$/, "", code)
    }

    code ~ /detail\/text\.hpp/ { print "seen" }

    code ~ /(^|[^a-z_:"])(std::)?v?(s|sn|f|d)?printf[ \t]*\(/ && code !~ /format\(printf/ {
        wrong("printf: use detail::formatted or detail::text_writer")
    }
    code ~ /(^|[^a-z_])f?(puts|putc|putchar)[ \t]*\(|std::perror|std::(cout|cerr|clog)/ {
        wrong("writes by itself: use detail::say")
    }
    code ~ /std::to_string[ \t]*\(|to_chars|std::v?format(_to)?(_n)?[ \t]*\(/ {
        wrong("a number becomes text: use detail::decimal")
    }
    code ~ /std::(w?[io]?stringstream|strto[a-z]+|sto(i|l|ul|ll|ull|f|d|ld)|ato[ifl]+|sscanf)[^a-z_]/ ||
    code ~ /#[ \t]*include[ \t]*<(iomanip|sstream|locale|clocale|cctype|format)>/ ||
    code ~ /std::(locale|setlocale|is(alpha|digit|alnum|space|upper|lower|print|cntrl|punct)|to(lower|upper)|set(w|fill|precision)|hex)[^a-z_]/ {
        wrong("depends on the locale: use detail/text.hpp")
    }
    code ~ /"[^"]*%[-+ #0]*[0-9*]*(\.[0-9*]+)?[hlLqjzt]*[aAeEfFgG]([^a-zA-Z]|")/ || code ~ /"[^"]*%[-+ #0-9.]*'"'"'/ {
        wrong("a format that depends on the locale: use detail::decimal")
    }
    match(code, /std::ostream& [a-z_]+[,)]/) {
        name = substr(code, RSTART + 14, RLENGTH - 15)
        streams = streams " " name
    }
    {
        count = split(streams, names, " ")
        for (i = 1; i <= count; ++i) {
            if (code ~ "(^|[^a-z_])" names[i] "[ \t]*<<") {
                wrong("writes to a stream: use detail::put")
            }
        }
    }
' {} + | awk '
    $0 == "seen" { ++seen; next }
    { print; ++wrong }
    END {
        if (seen == 0) {
            print "nothing uses detail/text.hpp: was this run in the right place?"
        }
        print seen + 0 " files use it, " wrong + 0 " lines go another way"
        exit (wrong > 0 || seen == 0)
    }
'
