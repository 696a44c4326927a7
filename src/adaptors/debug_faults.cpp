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
#include <cstdio>
#include <string_view>

#include <strata/detail/text.hpp>

#include "debug_memory.hpp"
#include "debug_registry.hpp"
#include "debug_report.hpp"
#include "debug_visit.hpp"
#include "detail/shield.hpp"

// All that the handler calls is safe in a signal handler, or done by a child process: names of
// calls take memory and locks, which the thread may be in the middle of.

namespace strata::detail {

struct debug_faults::fault {
    std::uintptr_t address = 0;        // that was used
    const std::byte* named = nullptr;  // by the address, if it was read from a freed block
    std::array<void*, 56> calls{};
    std::size_t call_count = 0;
    const debug_base* in = nullptr;
    const debug_block* block = nullptr;

    [[nodiscard]] std::span<void* const> used_by() const noexcept {
        return {calls.data(), std::min(call_count, in == nullptr ? call_count : in->most_calls_)};
    }
    [[nodiscard]] bool is_of_freed() const noexcept {
        return block == nullptr || block->state != block_state::live;
    }
    [[nodiscard]] const char* what() const noexcept {
        return named != nullptr ? "an address that was read from a freed block was used"
               : !is_of_freed() ? "memory beyond a block was used"
               : block->state == block_state::freed ? "a block was used after it was freed"
                                                    : "a block was used after release()";
    }
};

namespace {

constexpr std::array watched_signals{SIGSEGV, SIGBUS};
constinit std::array<struct sigaction, watched_signals.size()> earlier{};
constinit std::atomic<bool> is_installing{false};
constinit std::atomic<bool> has_guard_pages{false};

constinit std::atomic<pid_t> explaining{0};  // the thread that does
constinit std::atomic<bool> is_capturing{false};
sigjmp_buf way_back;

// The registers that may hold the address, those first that mostly do; and where the program was.
#if defined(__x86_64__)
std::uintptr_t position_in(const ucontext_t& context) noexcept {
    return static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RIP]);
}

// Of an address that is none, the processor does not say which one it was.
std::uintptr_t address_of(const siginfo_t& info, const ucontext_t& context) noexcept {
    if (info.si_code == SI_KERNEL) {
        for (const int each :
             {REG_RDI, REG_RAX, REG_RSI, REG_RDX, REG_RCX, REG_RBX, REG_RBP, REG_R8, REG_R9,
              REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15}) {
            const auto value = static_cast<std::uintptr_t>(context.uc_mcontext.gregs[each]);
            if (debug_fill::named_by(value) != nullptr) {
                return value;
            }
        }
    }
    return reinterpret_cast<std::uintptr_t>(info.si_addr);
}
#else
std::uintptr_t position_in(const ucontext_t& /*context*/) noexcept {
    return 0;
}
std::uintptr_t address_of(const siginfo_t& info, const ucontext_t& /*context*/) noexcept {
    return reinterpret_cast<std::uintptr_t>(info.si_addr);
}
#endif

// A stack that was overwritten may end this by a fault of its own.
[[gnu::noinline]] std::size_t capture_to_the_fault(std::span<void*> to,
                                                   std::uintptr_t position) noexcept {
    if (sigsetjmp(way_back, 0) != 0) {
        is_capturing = false;
        return 0;
    }
    is_capturing = true;
    const std::size_t count = capture_calls(to);
    is_capturing = false;
    // This one is no return address.
    const auto calls = to.first(count);
    std::ranges::replace(calls, reinterpret_cast<void*>(position - 1),
                         reinterpret_cast<void*>(position));
    const auto first = std::ranges::find(calls, reinterpret_cast<void*>(position));
    // What comes before is the handler.
    const auto left_out = first == calls.end() ? 0 : first - calls.begin();
    std::rotate(calls.begin(), calls.begin() + left_out, calls.end());
    return count - static_cast<std::size_t>(left_out);
}

void write_calls(const char* label, std::span<void* const> calls) noexcept {
    constexpr std::size_t most = 8;
    if (!calls.empty()) {
        say_as_is(label);
        backtrace_symbols_fd(calls.data(), static_cast<int>(std::min(calls.size(), most)),
                             STDERR_FILENO);
    }
}

// Without names, for which there is no memory.
void tell_briefly(const debug_faults::fault& now) noexcept {
    std::array<char, 400> text{};
    text_writer{text}.print(
        "strata: misuse: %s: %s\n  address       %#zx\n  block         at %p",
        now.in == nullptr ? "debug" : now.in->title().data(), now.what(),
        static_cast<std::size_t>(now.address),
        static_cast<const void*>(now.block == nullptr ? now.named : now.block->begin));
    say_as_is(text.data());
    if (now.block == nullptr) {
        say_as_is(", freed too long ago, or another thread is at work on it\n");
        return write_calls("  used\n", now.used_by());
    }
    text_writer{text}.print(", %zu B aligned to %zu, allocation %zu\n", now.block->bytes,
                            now.block->alignment, static_cast<std::size_t>(now.block->number));
    say_as_is(text.data());
    write_calls("  used\n", now.used_by());
    write_calls("  freed first\n", now.block->freed_by());
    write_calls("  allocated\n", now.block->allocated_by());
}

}  // namespace

debug_block* debug_faults::block_at(const debug_base& one, const fault& now) noexcept {
    const debug_index index{const_cast<debug_base&>(one).blocks_};
    const debug_memory memory{one.options_, *one.upstream_};
    const auto page = static_cast<std::size_t>(::getpagesize());
    if (now.named == nullptr) {
        // Guard pages are at both ends, so that no other block begins in the next page.
        const auto* address = reinterpret_cast<const std::byte*>(now.address);
        debug_block* const near = index.last_whole_before(address + page);
        const auto is_in = [&](std::span<const std::byte> pages) {
            return address >= pages.data() && address < pages.data() + pages.size();
        };
        return near != nullptr && is_in(memory.mapped(near->begin, near->as())) ? near : nullptr;
    }
    constexpr std::ptrdiff_t most_moved = 64;  // by the offset of a member, say
    for (const std::byte* from : {now.named, now.named + most_moved}) {
        debug_block* const near = index.last_whole_before(from);
        if (near != nullptr && near->state != block_state::live &&
            now.named - near->begin >= -most_moved && now.named - near->end() <= most_moved) {
            return near;
        }
    }
    return nullptr;
}

std::string debug_faults::text_of(const fault& now) {
    debug_report text{now.in->title_text(), now.what(), now.in->options_.stack_depth};
    const auto* address = reinterpret_cast<const std::byte*>(now.address);
    if (now.named != nullptr) {
        text.row("address", place_text(address, nullptr))
            .row("perhaps", "what was in the block is destroyed a second time");
    } else {
        text.row("address", place_text(address, now.block));
    }
    // In destructors that call each other, the first is of most interest.
    constexpr std::size_t least_calls = 4;
    text.block(*now.block).calls("used", now.used_by(), least_calls);
    if (now.is_of_freed()) {
        text.calls(now.block->state == block_state::released ? "released" : "freed first",
                   now.block->freed_by());
    }
    return text.calls("allocated", now.block->allocated_by()).text();
}

// In the child process. It may end as it likes.
int debug_faults::tell(void* data) noexcept {
    constexpr unsigned most_seconds = 10;
    for (const int each : {SIGSEGV, SIGBUS, SIGABRT, SIGALRM}) {
        std::signal(each, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const rlimit no_core{};
    setrlimit(RLIMIT_CORE, &no_core);
    alarm(most_seconds);  // another thread may have had a lock that is needed here
    fork_gate::forget_locks();
    const auto& now = *static_cast<const fault*>(data);
    const std::string text = now.in->tried([&] { return text_of(now); });
    if (text.empty()) {
        return EXIT_FAILURE;
    }
    say_misuse(text);
    return EXIT_SUCCESS;
}

// On a stack of its own, since this one may have little left.
bool debug_faults::is_told_by_child(fault& now) noexcept {
    constexpr std::size_t stack_bytes = std::size_t{1} << 20;
    const shield here;
    void* const stack = mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED) {
        return false;
    }
    // Without a signal at its end, of which the program knows nothing.
    const pid_t child = clone(&tell, static_cast<std::byte*>(stack) + stack_bytes, 0, &now);
    int status = EXIT_FAILURE;
    pid_t ended = -1;
    while (child > 0 && (ended = waitpid(child, &status, __WALL)) < 0 && errno == EINTR) {
    }
    munmap(stack, stack_bytes);
    return ended > 0 && ended == child && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

bool debug_faults::is_at(const debug_base& one, void* data) noexcept {
    auto& now = *static_cast<fault*>(data);
    if (!one.options_.faults || (now.block = block_at(one, now)) == nullptr) {
        return false;
    }
    now.in = &one;
    ++const_cast<debug_base&>(one).found_[static_cast<std::size_t>(finding::use_after_free)];
    if (one.options_.on_finding != on_finding::ignore && !is_told_by_child(now)) {
        tell_briefly(now);
    }
    return true;
}

void debug_faults::explain(fault& now) noexcept {
    if (!debug_registry::ask_each(&is_at, &now) && now.named != nullptr) {
        tell_briefly(now);
    }
}

namespace {

// Whoever was put in our place may have passed on to us what we now pass on to them.
struct passed {
    std::atomic<const siginfo_t*> info{nullptr};
    std::atomic<const void*> from{nullptr};
};
constinit passed last_passed;

void take_default_action(int signal, const siginfo_t& info) noexcept {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    sigaction(signal, &standard, nullptr);
    if (info.si_code <= 0) {  // the instruction will not do it again
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

}  // namespace

void debug_faults::handle(int signal, siginfo_t* info, void* context) noexcept {
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
    now.named = debug_fill::named_by(now.address);
    const bool may_be_ours = info->si_code > 0 && (now.named != nullptr || has_guard_pages);
    if (may_be_ours && explaining.compare_exchange_strong(nobody, me)) {
        now.call_count = capture_to_the_fault(now.calls, position_in(state));
        explain(now);
        explaining = 0;
    }
    errno = error;
    go_on(signal, info, context);
}

void debug_faults::watch(const debug_base& one) noexcept {
    if (one.options_.guard != guard_page::none) {
        has_guard_pages = true;
    }
    if (is_installing.exchange(true)) {
        return;
    }
    for (std::size_t i = 0; i != watched_signals.size(); ++i) {
        struct sigaction now {};
        if (sigaction(watched_signals[i], nullptr, &now) == 0 && now.sa_sigaction != &handle) {
            earlier[i] = now;
            struct sigaction ours {};
            ours.sa_sigaction = &handle;
            ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
            sigemptyset(&ours.sa_mask);
            sigaction(watched_signals[i], &ours, nullptr);
        }
    }
    is_installing = false;
}

// As this library ends, which a plugin's copy may do before the program.
void debug_faults::unwatch() noexcept {
    for (std::size_t i = 0; i != watched_signals.size(); ++i) {
        struct sigaction now {};
        if (sigaction(watched_signals[i], nullptr, &now) == 0 && now.sa_sigaction == &handle) {
            sigaction(watched_signals[i], &earlier[i], nullptr);
        }
    }
}

namespace {

[[gnu::destructor]] void at_end_of_library() noexcept {
    debug_faults::unwatch();
}

}  // namespace

}  // namespace strata::detail
