// The gate that a fork closes: src/threads/fork_gate.cpp as a model for spin, which tries every order
// of steps. run.sh says with how many threads. Who changes that file changes this one too.
//
// Each statement (or `atomic`) that reads or writes something global is one step, as one atomic
// operation is in C++; all of those of the gate are sequentially consistent. Inlines have the names
// of the functions they stand for:
//
//   enter, leave, wait_until_open        the same
//   enter_section, leave_section         fork_gate::*
//   lock_section_mutex, unlock_...       section_mutex::lock, unlock
//   acquire, release, lock_call_mutex,   call_mutex::*
//     unlock_call_mutex
//   begin_foreign_call, end_...          foreign_call's constructor and destructor
//   are_gone, before_fork, open_gate     the same
//
// What differs:
// - Two stripes in place of 64; each is shared by two threads. Sections count 1 and calls 16.
// - A poll that fails changes nothing, so a loop of polls and naps is one statement that waits. All
//   programs here end. So whoever waits for ever shows as a deadlock, and a fork that never ends
//   too.
// - That 100 ms are over is a choice, at any time.
// - `foreign_lock` belongs to another library. Its handler of pthread_atfork may take it before the
//   fork, an upstream takes it in a call, and a thread that has it may use the library.
// - The child has one thread. What it needs is what is asserted at the moment of the fork.
// - Forks leave `generation` of the parent alone, so that it is not here.
//
// FAULT plants a mistake, which spin must then find.

#ifndef FAULT
#define FAULT 0
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef FORKERS
#define FORKERS 2
#endif
#ifndef ROUNDS
#define ROUNDS 1  // what each worker does, one after the other
#endif
#ifndef SECTIONS_ALONE
#define SECTIONS_ALONE 0  // without calls, so that more threads can be tried
#endif
#define THREADS (WORKERS + FORKERS)  // with numbers from 1

#define open 0
#define closed_to_newcomers 1
#define closed_to_all 2
#define one_section 1
#define one_call 16
#define sections_of(word) (word & 15)
#define STRIPES 2
#define my_stripe inside[me % STRIPES]

byte inside[STRIPES];
byte gate = open;
byte closed_by = 0;
bool sleeps_at_gate[THREADS + 1];

byte section_mutex = 0;  // the thread that has it; 0: none
byte foreign_lock = 0;

#define is_free 0
#define held 1
#define awaited 2  // and held
byte call_mutex = is_free;
bool sleeps_at_mutex[THREADS + 1];

// For assertions alone: who is inside, past the gate.
bool in_section[THREADS + 1];
bool in_call[THREADS + 1];

// --- the gate ---------------------------------------------------------------------------------

inline note(what, is_in) {
    if
    :: what == one_section -> in_section[me] = is_in
    :: else -> in_call[me] = is_in
    fi
}

inline decide(what) {
    passes = now == open || (now == closed_to_newcomers && is_inside) ||
             (what == one_call && is_inside);
    if
    :: passes -> note(what, true)
    :: else
    fi
}

inline leave(what) {
    atomic {
        my_stripe = my_stripe - what;
        note(what, false)
    }
}

// The answer is in `passes`.
inline enter(what) {
    is_inside = sections != 0 || calls != 0;
#if FAULT == 1  // reads the gate before it is counted
    now = gate;
    atomic {
        my_stripe = my_stripe + what;
        decide(what)
    }
#else
    my_stripe = my_stripe + what;
    atomic {
        now = gate;
        decide(what)
    }
#endif
    if
    :: passes
    :: !passes && closed_by == me ->  // nobody else makes this true or false
        atomic { passes = true; note(what, true) }
    :: !passes && closed_by != me ->
#if FAULT != 2  // a thread that is refused stays counted
        my_stripe = my_stripe - what
#else
        skip
#endif
    fi
}

inline wait_until_open() {
    do
    :: atomic { gate == open -> break }
    :: atomic { gate != open -> now = gate }
        atomic {  // the system compares again before the thread sleeps
            if
            :: gate == now -> sleeps_at_gate[me] = true
            :: else
            fi
        }
        !sleeps_at_gate[me]
    od
}

inline enter_section() {
    if
    :: sections == 0 ->
        do
        :: enter(one_section);
            if
            :: passes -> break
            :: !passes -> wait_until_open()
            fi
        od
    :: else
    fi;
    sections++
}

inline leave_section() {
    sections--;
    if
    :: sections == 0 -> leave(one_section)
    :: else
    fi
}

// --- the mutexes ------------------------------------------------------------------------------

inline lock_section_mutex() {
    enter_section();
    atomic { section_mutex == 0 -> section_mutex = me }
}

inline unlock_section_mutex() {
#if FAULT == 3  // leaves the section before the mutex is free
    leave_section();
    section_mutex = 0
#else
    section_mutex = 0;
    leave_section()
#endif
}

// A load before a compare_exchange changes nothing, so each pair is one step.
inline acquire() {
    if
    :: atomic { call_mutex == is_free -> call_mutex = held }
    :: call_mutex != is_free ->
        do
        :: atomic { call_mutex == is_free -> call_mutex = awaited; break }
        :: atomic { call_mutex != is_free -> call_mutex = awaited }
            atomic {
                if
                :: call_mutex == awaited -> sleeps_at_mutex[me] = true
                :: else
                fi
            }
            !sleeps_at_mutex[me]
        od
    fi
}

// Wakes any one of those that sleep.
inline notify_one() {
    atomic {
        if
        :: sleeps_at_mutex[1] -> sleeps_at_mutex[1] = false
        :: sleeps_at_mutex[2] -> sleeps_at_mutex[2] = false
        :: sleeps_at_mutex[3] -> sleeps_at_mutex[3] = false
#if WORKERS + FORKERS > 3
        :: sleeps_at_mutex[4] -> sleeps_at_mutex[4] = false
#endif
        :: else
        fi
    }
}

inline release() {
    atomic { was = call_mutex; call_mutex = is_free }
    if
#if FAULT != 4  // wakes nobody
    :: was == awaited -> notify_one()
#endif
    :: else
    fi
}

inline lock_call_mutex() {
    do
    :: acquire();
        enter(one_call);
        if
        :: passes -> break
        :: !passes -> release(); wait_until_open()
        fi
    od;
    calls = 1
}

inline unlock_call_mutex() {
    release();
    calls = 0;
    leave(one_call)
}

inline begin_foreign_call() {
#if FAULT != 5  // stays in its sections
    left = sections;
    sections = 0;
    if
    :: left != 0 -> leave(one_section)
    :: else
    fi
#else
    left = 0
#endif
}

inline end_foreign_call() {
    if
    :: left != 0 ->
#if FAULT == 6  // enters again without a look at the gate
        atomic { my_stripe = my_stripe + one_section; in_section[me] = true }
#else
        enter_section();
#endif
        sections = left
    :: else
    fi;
    left = 0
}

// --- the fork ---------------------------------------------------------------------------------

#define others(i) (inside[i] - (i == me % STRIPES -> mine : 0))
#define mine ((sections != 0 -> one_section : 0) + (calls != 0 -> one_call : 0))

#if FAULT == 8  // waits for calls without an end
#define or_100_ms_are_over
#else
#define or_100_ms_are_over :: is_over = true
#endif

inline before_fork() {
#if FAULT == 7  // does not wait for another thread that forks
    closed_by = me;
#else
    atomic { closed_by == 0 -> closed_by = me }
#endif
    gate = closed_to_newcomers;
    if
    :: others(0) == 0 ->
        if
        :: others(1) == 0
        or_100_ms_are_over
        fi
    or_100_ms_are_over
    fi;
#if FAULT != 9  // does not close the gate to threads inside
    gate = closed_to_all;
#endif
#if FAULT == 10  // takes all that is counted where it is counted for its own
    if
    :: me % STRIPES != 0 -> sections_of(others(0)) == 0
    :: else -> sections_of(others(1)) == 0
    fi
#elif FAULT != 11  // does not wait for sections
    sections_of(others(0)) == 0;
    sections_of(others(1)) == 0
#endif
}

inline moment_of_fork() {
    d_step {
        assert(section_mutex == 0 || section_mutex == me);
        i = 1;
        do
        :: i <= THREADS ->
            assert(i == me || !in_section[i]);
            assert(i == me || is_over || !in_call[i]);
            i++
        :: else -> break
        od;
        i = 0
    }
}

inline open_gate() {
#if FAULT == 12  // lets another thread close the gate before it opens it
    closed_by = 0;
    gate = open;
#else
    gate = open;
    closed_by = 0;
#endif
#if FAULT != 13  // wakes nobody
    d_step {
        i = 1;
        do
        :: i <= THREADS -> sleeps_at_gate[i] = false; i++
        :: else -> break
        od;
        i = 0
    }
#endif
}

inline lock_foreign() { atomic { foreign_lock == 0 -> foreign_lock = me } }

// Whether another library's handlers take its lock is open. Its handlers run before ours, and after
// the fork after ours.
inline fork() {
    if
    :: true -> lock_foreign()
    :: true
    fi;
    before_fork();
    moment_of_fork();
    open_gate();
    if
    :: foreign_lock == me -> foreign_lock = 0
    :: else
    fi
}

// --- the threads ------------------------------------------------------------------------------

#define state_of_thread        \
    byte sections, calls;      \
    byte left, now, was;       \
    bool passes, is_inside

inline step_under_section_mutex() {
    lock_section_mutex();
    unlock_section_mutex()
}

// As use_of_shared in concurrent_arena: a section that an upstream's call interrupts.
inline begin_call() {
    lock_call_mutex();
    enter_section();
    begin_foreign_call()
}

inline end_call() {
    end_foreign_call();
    leave_section();
    unlock_call_mutex()
}

proctype worker(byte me) {
    state_of_thread;
    byte rounds = ROUNDS;
    do
    :: rounds != 0 ->
        rounds--;
        if
        :: enter_section();  // with one inside
            step_under_section_mutex();
            leave_section()
        :: true ->
            lock_foreign();
            step_under_section_mutex();
            foreign_lock = 0
#if !SECTIONS_ALONE
        :: begin_call();
            if
            :: true -> lock_foreign(); foreign_lock = 0
            :: true -> step_under_section_mutex()  // a callback
            fi;
            end_call()
#endif
        fi
    :: else -> break
    od
}

proctype forker(byte me) {
    state_of_thread;
    bool is_over;
    byte i;
    if
    :: fork()
#if !SECTIONS_ALONE
    :: begin_call(); fork(); end_call()  // from a callback
#endif
#if FAULT == 14  // forks from the handler of a signal in the middle of a section
    :: lock_section_mutex(); fork(); unlock_section_mutex()
#endif
    fi
}

init {
    byte each = 1;
    atomic {
        do
        :: each <= WORKERS -> run worker(each); each++
        :: each > WORKERS && each <= THREADS -> run forker(each); each++
        :: else -> break
        od
    }
}
