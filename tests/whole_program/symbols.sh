#!/bin/sh
# symbols.sh PROGRAM: what it replaces of operator new and delete are the 20 functions that the
# language lets a program replace, and no others.
set -u
nm --defined-only --extern-only "$1" | awk '$3 ~ /^_Z(nw|na|dl|da)/ { print $3 }' | LC_ALL=C sort |
    diff /dev/fd/3 - 3<<END
_ZdaPv
_ZdaPvRKSt9nothrow_t
_ZdaPvSt11align_val_t
_ZdaPvSt11align_val_tRKSt9nothrow_t
_ZdaPvm
_ZdaPvmSt11align_val_t
_ZdlPv
_ZdlPvRKSt9nothrow_t
_ZdlPvSt11align_val_t
_ZdlPvSt11align_val_tRKSt9nothrow_t
_ZdlPvm
_ZdlPvmSt11align_val_t
_Znam
_ZnamRKSt9nothrow_t
_ZnamSt11align_val_t
_ZnamSt11align_val_tRKSt9nothrow_t
_Znwm
_ZnwmRKSt9nothrow_t
_ZnwmSt11align_val_t
_ZnwmSt11align_val_tRKSt9nothrow_t
END
