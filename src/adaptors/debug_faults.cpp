// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "debug_faults.hpp"

#include <execinfo.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <cstdlib>

#include <strata/detail/text.hpp>
#include <strata/diagnostics/stack_trace.hpp>

#include "debug_registry.hpp"
#include "detail/shield.hpp"
#include "sources/virtual_memory.hpp"

// The handler calls only functions that are safe in a signal handler. A child process does the
// rest: the names of calls need memory and locks, which the thread may hold.

namespace strata::detail {
namespace {

struct fault {
    std::uintptr_t address = 0;        // that was used
    const std::byte* named = nullptr;  // the block that the address names if it was read from one
    std::array<void*, 56> calls{};
    std::size_t call_count = 0;
    debug_state* in = nullptr;
    const debug_record* block = nullptr;

    [[nodiscard]] std::span<void* const> used_by() const noexcept {
        return {calls.data(), std::min(call_count, in == nullptr ? call_count : in->most_calls())};
    }
    [[nodiscard]] const char* what() const noexcept {
        return named != nullptr   ? "an address that was read from a freed block was used"
               : block->is_live() ? "memory beyond a block was used"
               : block->state == block_state::freed ? "a block was used after it was freed"
                                                    : "a block was used after release()";
    }
};

constexpr std::array watched_signals{SIGSEGV, SIGBUS};
constinit std::array<struct sigaction, watched_signals.size()> earlier{};
constinit std::atomic<bool> is_installing{false};
constinit std::atomic<bool> has_guard_pages{false};

constinit std::atomic<pid_t> explaining{0};  // the id of the thread that does
constinit std::atomic<bool> is_capturing{false};
sigjmp_buf way_back;

#if defined(__x86_64__)
std::uintptr_t position_in(const ucontext_t& context) noexcept {
    return static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RIP]);
}

// If the address is not valid, the processor does not report it. It is in a register; the registers
// that mostly hold it come first.
std::uintptr_t address_of(const siginfo_t& info, const ucontext_t& context) noexcept {
    if (info.si_code == SI_KERNEL) {
        for (const int each :
             {REG_RDI, REG_RAX, REG_RSI, REG_RDX, REG_RCX, REG_RBX, REG_RBP, REG_R8, REG_R9,
              REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15}) {
            const auto value = static_cast<std::uintptr_t>(context.uc_mcontext.gregs[each]);
            if (debug_fill::block_named_by(value) != nullptr) {
                return value;
            }
        }
    }
    return reinterpret_cast<std::uintptr_t>(info.si_addr);
}
#else
std::uintptr_t position_in([[maybe_unused]] const ucontext_t& context) noexcept {
#if defined(__aarch64__)
    return static_cast<std::uintptr_t>(context.uc_mcontext.pc);
#elif defined(__riscv)
    return static_cast<std::uintptr_t>(context.uc_mcontext.__gregs[REG_PC]);
#else
    return 0;
#endif
}
std::uintptr_t address_of(const siginfo_t& info, const ucontext_t& /*context*/) noexcept {
    return reinterpret_cast<std::uintptr_t>(info.si_addr);
}
#endif

// If the stack was overwritten, the capture itself may fault.
[[gnu::noinline]] std::size_t capture_to_the_fault(std::span<void*> to,
                                                   std::uintptr_t position) noexcept {
    if (sigsetjmp(way_back, 0) != 0) {
        is_capturing = false;
        return 0;
    }
    is_capturing = true;
    const std::size_t count = capture_calls(to);
    is_capturing = false;
    // A capture holds the byte before each return address. The position of the fault is not one:
    // corrects its entry.
    const auto calls = to.first(count);
    std::ranges::replace(calls, reinterpret_cast<void*>(position - 1),
                         reinterpret_cast<void*>(position));
    const auto first = std::ranges::find(calls, reinterpret_cast<void*>(position));
    // The calls before it are of the handler.
    const auto left_out = first == calls.end() ? 0 : first - calls.begin();
    std::rotate(calls.begin(), calls.begin() + left_out, calls.end());
    return count - static_cast<std::size_t>(left_out);
}

// --- the block

const debug_record* block_at(const debug_state& one, const fault& now) noexcept {
    if (now.named == nullptr) {
        // A guard page is before each block, so that no other block begins in the next page.
        const auto* const address = reinterpret_cast<const std::byte*>(now.address);
        const debug_record* const near = one.records.last_up_to(address + page_bytes());
        if (near == nullptr || one.options.guard == guard_page::none) {
            return nullptr;
        }
        const auto pages = one.around(*near).whole();
        return address >= pages.data() && address < pages.data() + pages.size() ? near : nullptr;
    }
    constexpr std::ptrdiff_t most_moved = 64;  // by the offset of a member, say
    for (const std::byte* from : {now.named, now.named + most_moved}) {
        const debug_record* const near = one.records.last_up_to(from);
        if (near != nullptr && !near->is_live() && now.named - near->begin >= -most_moved &&
            now.named - (near->begin + near->bytes) <= most_moved) {
            return near;
        }
    }
    return nullptr;
}

// --- the message

std::string text_of(const fault& now) {
    debug_report text = now.in->about(now.what());
    const auto* const address = reinterpret_cast<const std::byte*>(now.address);
    text.row("address", place_text(address, now.named == nullptr ? now.block : nullptr));
    if (now.named != nullptr) {
        text.row("perhaps", "an object in the block is destroyed a second time");
    }
    // If destructors call each other, the first is of most interest.
    constexpr std::size_t least_calls = 4;
    return text.block(*now.block)
        .calls("used", now.used_by(), least_calls)
        .calls(now.block->state == block_state::released ? "released" : "freed first",
               now.block->freed_by())
        .calls("allocated", now.block->allocated_by())
        .text();
}

void write_calls(const char* label, std::span<void* const> calls) noexcept {
    constexpr std::size_t most = 8;
    if (!calls.empty()) {
        say_as_is(label);
        backtrace_symbols_fd(calls.data(), static_cast<int>(std::min(calls.size(), most)),
                             STDERR_FILENO);
    }
}

// Without the names of calls, for which there is no memory.
void tell_briefly(const fault& now) noexcept {
    std::array<char, 500> text{};
    text_writer writer{text};
    writer.print("strata: misuse: %s: %s\n  address       %#zx\n  block         at %p",
                 now.in == nullptr ? "debug" : now.in->title.data(), now.what(),
                 static_cast<std::size_t>(now.address),
                 static_cast<const void*>(now.block == nullptr ? now.named : now.block->begin));
    if (now.block == nullptr) {
        writer.write(", freed too long ago, or another thread is at work on it\n");
    } else {
        writer.print(", %zu B aligned to %zu, allocation %zu\n", now.block->bytes,
                     now.block->alignment, static_cast<std::size_t>(now.block->number));
    }
    say_as_is(text.data());
    write_calls("  used\n", now.used_by());
    if (now.block != nullptr) {
        write_calls("  freed first\n", now.block->freed_by());
        write_calls("  allocated\n", now.block->allocated_by());
    }
}

// Runs in the child process, which may end in any way.
int tell(void* data) noexcept {
    constexpr unsigned most_seconds = 10;
    for (const int each : {SIGSEGV, SIGBUS, SIGABRT, SIGALRM}) {
        std::signal(each, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const rlimit no_core{};
    setrlimit(RLIMIT_CORE, &no_core);
    alarm(most_seconds);  // a thread of the parent may have held a lock that is needed here
    fork_gate::forget_locks();
    const auto& now = *static_cast<const fault*>(data);
    const std::string text = now.in->try_to_compose([&] { return text_of(now); });
    if (text.empty()) {
        return EXIT_FAILURE;
    }
    say_misuse(text);
    return EXIT_SUCCESS;
}

// The child has its own stack, because this one may have little room left.
bool is_told_by_child(fault& now) noexcept {
    constexpr std::size_t stack_bytes = std::size_t{1} << 20;
    const shield here;
    void* const stack = mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED) {
        return false;
    }
    // No signal at the child's end: the program does not know of the child.
    const pid_t child = clone(&tell, static_cast<std::byte*>(stack) + stack_bytes, 0, &now);
    int status = EXIT_FAILURE;
    pid_t ended = -1;
    while (child > 0 && (ended = waitpid(child, &status, __WALL)) < 0 && errno == EINTR) {
    }
    munmap(stack, stack_bytes);
    return ended > 0 && ended == child && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

void explain(fault& now) noexcept {
    const auto tell_if_in = [](debug_state& one, void* data) {
        fault& here = *static_cast<fault*>(data);
        if (!one.options.faults || (here.block = block_at(one, here)) == nullptr) {
            return false;
        }
        here.in = &one;
        one.count(finding::use_after_free);
        if (one.options.on_finding != on_finding::ignore && !is_told_by_child(here)) {
            tell_briefly(here);
        }
        return true;
    };
    if (!debug_registry::ask_each(tell_if_in, &now) && now.named != nullptr) {
        tell_briefly(now);
    }
}

// --- the handler

// The last signal that was passed on to the earlier handler. That handler may pass it back, if it
// was installed in place of this one.
struct passed {
    std::atomic<const siginfo_t*> info{nullptr};
    std::atomic<const void*> from{nullptr};
};
constinit passed last_passed;

void take_default_action(int signal, const siginfo_t& info) noexcept {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    sigaction(signal, &standard, nullptr);
    if (info.si_code <= 0) {  // sent by a program, so no instruction repeats it
        raise(signal);
    }
}

[[gnu::noinline]] void go_on(int signal, siginfo_t* info, void* context) noexcept {
    const auto which = std::ranges::find(watched_signals, signal) - watched_signals.begin();
    const struct sigaction before = earlier[static_cast<std::size_t>(which)];
    const bool has_details = (before.sa_flags & SA_SIGINFO) != 0;
    if (!has_details && before.sa_handler == SIG_IGN && info->si_code <= 0) {
        return;
    }
    if (!has_details && (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN)) {
        return take_default_action(signal, *info);
    }
    sigset_t blocked = before.sa_mask;
    if ((before.sa_flags & SA_NODEFER) == 0) {
        sigaddset(&blocked, signal);
    }
    pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
    last_passed.info = info;
    last_passed.from = __builtin_frame_address(0);
    has_details ? before.sa_sigaction(signal, info, context) : before.sa_handler(signal);
    last_passed.info = nullptr;
}

void handle(int signal, siginfo_t* info, void* context) noexcept {
    const int error = errno;
    const pid_t me = gettid();
    pid_t nobody = 0;
    if (info == last_passed.info && __builtin_frame_address(0) < last_passed.from.load()) {
        return take_default_action(signal, *info);
    }
    if (is_capturing && explaining == me) {
        siglongjmp(way_back, 1);
    }
    const auto& state = *static_cast<const ucontext_t*>(context);
    fault now{.address = address_of(*info, state)};
    now.named = debug_fill::block_named_by(now.address);
    const bool may_be_ours = info->si_code > 0 && (now.named != nullptr || has_guard_pages);
    if (may_be_ours && explaining.compare_exchange_strong(nobody, me)) {
        now.call_count = capture_to_the_fault(now.calls, position_in(state));
        explain(now);
        explaining = 0;
    }
    errno = error;
    go_on(signal, info, context);
}

// Calls `work(number, action)` with the number of each watched signal and its action now.
template <class Work>
void for_each_action(const Work& work) noexcept {
    for (std::size_t i = 0; i != watched_signals.size(); ++i) {
        struct sigaction now {};
        if (sigaction(watched_signals[i], nullptr, &now) == 0) {
            work(i, now);
        }
    }
}

// Runs when this library is unloaded. A plugin's copy may be unloaded before the program ends.
[[gnu::destructor]] void restore_earlier_handlers() noexcept {
    for_each_action([](std::size_t i, const struct sigaction& now) {
        if (now.sa_sigaction == &handle) {
            sigaction(watched_signals[i], &earlier[i], nullptr);
        }
    });
}

}  // namespace

void explain_faults_of(const debug_state& one) noexcept {
    if (one.options.guard != guard_page::none) {
        has_guard_pages = true;
    }
    if (is_installing.exchange(true)) {
        return;
    }
    for_each_action([](std::size_t i, const struct sigaction& now) {
        if (now.sa_sigaction != &handle) {
            earlier[i] = now;
            struct sigaction ours {};
            ours.sa_sigaction = &handle;
            ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
            sigemptyset(&ours.sa_mask);
            sigaction(watched_signals[i], &ours, nullptr);
        }
    });
    is_installing = false;
}

}  // namespace strata::detail
