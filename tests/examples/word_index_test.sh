#!/bin/sh
# word_index_test.sh PROGRAM: runs the example word_index on good and bad input and checks what it
# prints and how it ends. Names each check that fails.
set -u
case $1 in
    /*) program=$1 ;;
    *) program=$PWD/$1 ;;
esac
work=$(mktemp -d "${TMPDIR:-/tmp}/word index.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

# run ARGUMENT...: leaves what it prints in the files out and err, its exit status in $status.
run() {
    "$program" "$@" >out 2>err
    status=$?
}

check() {
    what=$1
    shift
    "$@" && return
    failures=$((failures + 1))
    echo "failed: $what"
    sed 's/^/    stdout: /' out
    sed 's/^/    stderr: /' err
}

exits_with() { [ "$status" -eq "$1" ]; }
is_empty() { [ ! -s "$1" ]; }
has_line() { grep -Eq -- "$2" "$1"; }      # FILE REGEX
lacks() { ! grep -Eq -- "$2" "$1"; }       # FILE REGEX
has_lines() { [ "$(wc -l <"$1")" -eq "$2" ]; }

is_ascii() { LC_ALL=C tr -d '\n -~' <"$1" | cmp -s - /dev/null; }
# But for the options of layers, which stand last in their lines. In a locale of UTF-8, where
# available, awk counts characters; continuation bytes go in any case.
fits_80_columns() {
    LC_ALL=C tr -d '\200-\277' <"$1" |
        LC_ALL=C awk 'length($0) > 80 && !/  options$|  [a-z_]+=/ { exit 1 }'
}

# works NAME: the last run ended well and printed a whole report.
works() {
    check "$1: exit status 0" exits_with 0
    check "$1: nothing on stderr" is_empty err
    check "$1: fits 80 columns" fits_80_columns out
    for strategy in heap pool arena 'stats > pool > arena' 'arena in a 256 KiB buffer' \
        'std new_delete' 'std monotonic_buffer' 'std unsynchronized_pool'; do
        check "$1: a cost for $strategy" has_line out "^$strategy +[0-9.]+ [mu]s +[0-9.]+x "
    done
    check "$1: the same results" has_line out '^The same under all 8 strategies; '
    check "$1: the layers down to the heap" has_line out ' heap( +-){6}$'
}

# refuses NAME: the last run ended badly, with messages and nothing else.
refuses() {
    check "$1: exit status 1" exits_with 1
    check "$1: nothing on stdout" is_empty out
}

printf 'One ring\nto rule\n\nthem ALL, one\n' >'first file.txt'
printf 'All that is gold\r\n\303\204rger, \303\204RGER; caf\303\251 (all)' >second.txt
: >empty.txt
printf 'bytes \377\376 of no UTF-8\n' >invalid.txt

# --- what it finds ------------------------------------------------------------------------------

LC_ALL=C run --rounds 1 --query ONE --query all --query 'all ring' --query Nobody --query one,one \
    'first file.txt' second.txt
works 'two files'
check 'two files: ASCII where the locale is C' is_ascii out
check 'two files: what was read' has_line out \
    '^Read 2 files, 77 bytes: 15 words, 11 different\.$'
check 'two files: a word in one' has_line out '^ONE +1 +2 +first file\.txt +1$'
check 'two files: a word in both' has_line out '^all +2 +3 +first file\.txt +4$'
check 'two files: two words' has_line out '^all ring +1 +2 +first file\.txt +1$'
check 'two files: an unknown word' has_line out '^Nobody +0 +0 +- +-$'
check 'two files: the same word twice' has_line out '^one,one +1 +2 +first file\.txt +1$'
check 'two files: a picture of #' has_line out '^heap +#+ +[0-9.]+$'

LC_ALL=C.UTF-8 run --rounds 1 --query "$(printf '\303\204rger')" second.txt 'first file.txt'
works 'a locale of UTF-8'
check 'a locale of UTF-8: a word beyond ASCII' has_line out '^.*rger +1 +2 +second\.txt +2$'
check 'a locale of UTF-8: a picture of blocks' has_line out "^heap +$(printf '\342\226')"
check 'a locale of UTF-8: a tree of lines' has_line out "^$(printf '\342\224\224\342\224\200') pool"

run --rounds 1 empty.txt
works 'an empty file'
check 'an empty file: what was read' has_line out '^Read 1 file, 0 bytes: 0 words, 0 different\.$'

run --rounds 1 invalid.txt
works 'no UTF-8'

cp second.txt ./--help
run --rounds 1 -- --help
works 'a file named like an option'

if [ -d /usr/share/common-licenses ]; then
    run --rounds 3
    works 'by default'
    check 'by default: finds a word' has_line out '^warranty +[1-9]'
    sed -n '/^Read/p; /^Query/,/^$/p; /checksum/p' out >once
    run --rounds 1
    sed -n '/^Read/p; /^Query/,/^$/p; /checksum/p' out >twice
    check 'by default: finds the same again' cmp once twice
else
    echo 'skipped: no /usr/share/common-licenses'
fi

run --help
check 'help: exit status 0' exits_with 0
check 'help: on stdout' has_line out '^usage: word_index '
check 'help: nothing on stderr' is_empty err
check 'help: fits 80 columns' fits_80_columns out

# --- what it refuses ----------------------------------------------------------------------------

mkdir folder
printf 'abc\0def' >binary
{ head -c 70000 /dev/zero | tr '\0' x; printf '\0'; } >'late binary'

run missing.txt
refuses 'a missing file'
check 'a missing file: says which' has_line err \
    "^word_index: 'missing\.txt' cannot be opened: .+; expected a text file$"
check 'a missing file: one message' has_lines err 1

run folder
refuses 'a directory'
check 'a directory: says so' has_line err \
    "^word_index: 'folder' is a directory; expected a text file$"

run binary
refuses 'a NUL byte'
check 'a NUL byte: says where' has_line err \
    "^word_index: 'binary' holds a NUL byte at offset 3; expected a text file$"

run 'late binary'
refuses 'a late NUL byte'
check 'a late NUL byte: says where' has_line err " NUL byte at offset 70000; "

# The superuser may read everything, so becomes nobody for this one, where that can be done.
printf secret >unreadable
chmod a-r unreadable
chmod a+rx "$work"
become=
[ "$(id -u)" -ne 0 ] || become='setpriv --reuid=65534 --clear-groups --inh-caps=-all'
if $become "$program" --help >out 2>&1; then
    $become "$program" unreadable >out 2>err
    status=$?
    refuses 'an unreadable file'
    check 'an unreadable file: says why' has_line err \
        "^word_index: 'unreadable' cannot be opened: .+; expected a text file$"
else
    echo 'skipped: an unreadable file'
fi

run "$(printf 'two\nlines')"
check 'a line break in a name: one message' has_lines err 1

run missing.txt second.txt folder binary
refuses 'several bad files'
check 'several bad files: a message each' has_lines err 3
check 'several bad files: none about the good one' lacks err second

run --fast second.txt
refuses 'an unknown option'
check 'an unknown option: says which' has_line err \
    "^word_index: '--fast' is not an option of this program$"
check 'an unknown option: usage' has_line err '^usage: word_index '

for wrong in 0 -1 10001 x 1x ''; do
    run --rounds "$wrong" second.txt
    refuses "--rounds '$wrong'"
    check "--rounds '$wrong': says what is expected" has_line err \
        "^word_index: --rounds has the value '$wrong'; expected a number from 1 to 10000$"
done

run --query '?!' second.txt
refuses 'a query of no words'
check 'a query of no words: says so' has_line err \
    "^word_index: --query has the value '\?!'; expected one word or more$"

run second.txt --query
refuses 'an option without its value'
check 'an option without its value: says so' has_line err '^word_index: --query ends the line; '

if [ -c /dev/full ]; then
    : >out
    "$program" --rounds 1 second.txt >/dev/full 2>err
    status=$?
    check 'a full disk: exit status 1' exits_with 1
    check 'a full disk: says so' has_line err '^word_index: .* cannot be written'
fi

[ "$failures" -eq 0 ] && echo 'all checks passed'
exit "$((failures != 0))"
