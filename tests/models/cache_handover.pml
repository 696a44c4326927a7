// How the cache of a thread gets to the next thread: src/threads/thread_caches.cpp and
// src/threads/thread_record.cpp as a model for spin, which tries every order of steps. Who changes
// those files changes this one too. Inlines have the names of the functions they stand for:
//
//   hold_first, give_up, end_thread      thread_caches_access::*, end_thread
//   find_or_adopt, add, forget_all,      thread_caches::*
//     hold_idle, next_held, let_go
//   find_or_make_cache, trim             concurrent_pool_resource::*
//
// What differs:
// - What a function does under the mutex `records` is one step: nobody else sees a part of it.
// - A resource has a lock `shared` (the class locks and chunks_mutex_ of a pool). Its give_up takes
//   it, and a trim holds it.
// - A thread ends LIVES times. The thread that begins then gets its record, and so its number here.
// - Caches have numbers in the order in which they are added. The owner's list begins with the
//   last.
// - As programs must, threads no longer call the resource when one destroys it. They may end then.
// - Forks are in fork_gate.pml.
//
// FAULT plants a mistake, which spin must then find.

#ifndef FAULT
#define FAULT 0
#endif
#ifndef THREADS
#define THREADS 3  // with numbers from 1
#endif
#ifndef LIVES
#define LIVES 2
#endif
#ifndef DESTROYS
#define DESTROYS 1  // whether the resource ends
#endif
#define CACHES (THREADS + 1)

byte records = 0;  // the thread that has the mutex; 0: none
byte shared = 0;

typedef cache {
    byte thread;  // whose it is; 0: it is idle
    byte linked;  // in whose record it is; 0: in none
    bool held;
    byte user;  // for assertions: who reads and writes its content
};
cache caches[CACHES + 1];
byte added = 0;           // how many there are
byte first = 0;           // of the owner's list; 0: it is empty
byte entry[THREADS + 1];  // the quick way from a record to its cache; 0: none

byte calls = 0;  // of the resource, that are under way
bool is_ending = false;
bool is_destroyed = false;

// --- for assertions ---------------------------------------------------------------------------

inline begin_use(c) {
    atomic {
        assert(!is_destroyed);
        assert(caches[c].user == 0);
        caches[c].user = me
    }
}

inline end_use(c) { caches[c].user = 0 }

// --- thread_caches.cpp ------------------------------------------------------------------------

inline unlink(c) {
    if
    :: entry[caches[c].linked] == c -> entry[caches[c].linked] = 0
    :: else
    fi;
    caches[c].linked = 0
}

inline find_linked() {
    each = added;
    do
    :: each != 0 && caches[each].linked != me -> each--
    :: else -> break
    od
}

inline hold_first() {
    atomic {
        records == 0;
        find_linked();
        mine = each;
        if
        :: mine != 0 ->
            unlink(mine);
#if FAULT != 1  // does not hold it
            caches[mine].held = true;
#endif
#if FAULT == 2  // takes it from its thread at once
            caches[mine].thread = 0;
#endif
#if FAULT == 3  // calls the resource with the mutex of records held
            records = me
#else
            skip
#endif
        :: else
        fi
    }
}

inline give_up_content(c) {
    atomic { shared == 0 -> shared = me }
    begin_use(c);
    end_use(c);
    shared = 0
}

inline give_up(c) {
    give_up_content(c);
    atomic {
        (FAULT == 3 || records == 0);
        assert(!is_destroyed);
        records = 0;
#if FAULT != 4  // leaves it to a thread that is no more
        caches[c].thread = 0;
#endif
        caches[c].held = false
    }
}

// The answer is in `mine`, as in the next ones.
inline find_or_adopt() {
    mine = entry[me];  // without the mutex
    if
    :: mine == 0 ->
        atomic {
            records == 0;
            find_linked();  // where another resource has taken the entry
            if
            :: each == 0 && may_adopt ->
                each = first;
                do
#if FAULT == 5  // adopts a cache that is held
                :: each != 0 && caches[each].thread != 0 -> each--
#else
                :: each != 0 && (caches[each].thread != 0 || caches[each].held) -> each--
#endif
                :: else -> break
                od
            :: else
            fi;
            if
            :: each != 0 ->
                caches[each].thread = me;
                caches[each].linked = me;
                entry[me] = each;
                mine = each
            :: else
            fi
        }
    :: else
    fi
}

inline add() {
    atomic {
        records == 0;
        added++;
        assert(added <= THREADS);  // no more than there were threads at a time
        caches[added].thread = me;
        caches[added].linked = me;
        entry[me] = added;
        first = added;
        mine = added
    }
}

inline forget_all() {
    do
    :: atomic {
        records == 0;
        do
#if FAULT == 6  // does not wait for those that are held
        :: first != 0 ->
#else
        :: first != 0 && !caches[first].held ->
#endif
#if FAULT != 7  // leaves it in its thread's record
            if
            :: caches[first].linked != 0 -> unlink(first)
            :: else
            fi;
#endif
            first--
        :: else -> break
        od;
        if
        :: first == 0 -> break
        :: else
        fi
        }
        !caches[first].held  // polls that fail change nothing
    od
}

inline hold_idle() {
    atomic {
        records == 0;
        each = first;
        do
        :: each != 0 ->
            if
#if FAULT == 8  // holds also what has a thread
            :: !caches[each].held -> caches[each].held = true
#else
            :: caches[each].thread == 0 && !caches[each].held -> caches[each].held = true
#endif
            :: else
            fi;
            each--
        :: else -> break
        od
    }
}

inline next_held() {
    atomic {
        records == 0;
        at = (at == 0 -> first : at - 1);
        do
#if FAULT == 8 || FAULT == 9  // takes one that an ending thread holds
        :: at != 0 && !caches[at].held -> at--
#else
        :: at != 0 && !(caches[at].thread == 0 && caches[at].held) -> at--
#endif
        :: else -> break
        od
    }
}

inline let_go() {
    atomic {
        records == 0;
        each = first;
        do
        :: each != 0 ->
            if
#if FAULT == 10  // lets go also of what an ending thread holds
            :: caches[each].held -> caches[each].held = false
#else
            :: caches[each].thread == 0 && caches[each].held -> caches[each].held = false
#endif
            :: else
            fi;
            each--
        :: else -> break
        od
    }
}

// --- the resource and its threads -------------------------------------------------------------

inline find_or_make_cache() {
    find_or_adopt();
    if
    :: mine == 0 && may_adopt ->
#if FAULT == 11  // does not wait until a trim lets go
        find_or_adopt();
#else
        atomic { shared == 0 -> shared = me }
        find_or_adopt();
        shared = 0;
#endif
        if
        :: mine == 0 -> add()
        :: else
        fi
    :: else
    fi
}

inline trim() {
    find_or_adopt();
    if
    :: mine != 0 -> give_up_content(mine)
    :: else
    fi;
    atomic { shared == 0 -> shared = me }
    hold_idle();
    at = 0;
    do
    :: next_held();
        if
        :: at != 0 -> begin_use(at); end_use(at)
        :: else -> break
        fi
    od;
    let_go();
    shared = 0
}

inline begin_call() { atomic { !is_ending -> calls++ } }
inline end_call() { calls-- }

inline use() {
    find_or_make_cache();
    if
    :: mine != 0 -> begin_use(mine); end_use(mine)
    :: else
    fi
}

inline end_thread() {
#if FAULT != 12  // may still adopt a cache when it has given up its own
    may_adopt = false;
#endif
    do
    :: hold_first();
        if
        :: mine != 0 -> give_up(mine)
        :: else -> break
        fi
    od
}

proctype worker(byte me) {
    byte lives = LIVES;
    byte mine, each, at;
    bool may_adopt;
    do
    :: lives != 0 ->
        lives--;
        may_adopt = true;
        if
        :: begin_call();
            use();
            if
            :: true -> trim()
            :: true -> entry[me] = 0  // another resource takes the entry
            :: true
            fi;
            end_call()
        :: true
        fi;
        end_thread();
        if  // the destructor of another key calls the resource
        :: begin_call();
            use();
            end_call()
        :: true
        fi;
        may_adopt = false
    :: else -> break
    od
}

proctype destroyer(byte me) {
    byte each;
    atomic { calls == 0 -> is_ending = true }
    forget_all();
    atomic {
        is_destroyed = true;
        each = 1;
        do
        :: each <= added ->
            assert(caches[each].user == 0);
            assert(caches[each].linked == 0);
            each++
        :: else -> break
        od
    }
}

// What is left when no thread is: all caches are idle, or forgotten.
inline look_at_the_end() {
    each = 1;
    do
    :: each <= first ->
        assert(caches[each].thread == 0 && caches[each].linked == 0 && !caches[each].held);
        each++
    :: else -> break
    od
}

init {
    byte each = 1;
    atomic {
        do
        :: each <= THREADS -> run worker(each); each++
        :: else -> break
        od
    }
#if DESTROYS
    run destroyer(THREADS + 1);
#endif
    _nr_pr == 1;
    d_step { look_at_the_end() }
}
