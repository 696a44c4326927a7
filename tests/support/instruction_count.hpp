// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_INSTRUCTION_COUNT_HPP
#define STRATA_TESTS_SUPPORT_INSTRUCTION_COUNT_HPP

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace tests {

/// How many instructions a section of code took, with the label that it was given.
struct counted_section {
    std::uint64_t label;
    std::uint64_t instructions;
};

/// What the counted process and the one that counts tell each other.
struct shared_marks {
    std::atomic<bool> inside{false};
    std::atomic<std::uint64_t> label{0};
};

/// Marks the sections that are counted.
class section_counter {
public:
    explicit section_counter(shared_marks& marks) : marks_{&marks} {}

    template <class Section>
    void operator()(Section section, std::uint64_t label = 0) {
        marks_->label = label;
        // Kept in a register: a compiler that loads it at the end of a section, but not of the
        // empty one, would count that load for the section.
        std::atomic<bool>* inside = &marks_->inside;
        __asm__ volatile("" : "+r"(inside));
        stop();  // from here on the tracer goes step by step
        inside->store(true, std::memory_order_release);
        section();
        inside->store(false, std::memory_order_release);
    }

private:
    static void stop() {
#if defined(__x86_64__) || defined(__i386__)
        __asm__ volatile("int3");  // saves the steps out of raise(), which are many
#else
        raise(SIGTRAP);
#endif
    }

    shared_marks* marks_;
};

/// Why instructions cannot be counted here; empty where they can.
[[nodiscard]] inline std::string_view no_instruction_count() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return "a sanitizer adds instructions of its own";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return "a sanitizer adds instructions of its own";
#endif
#endif
    const char* preloaded = std::getenv("LD_PRELOAD");
    if (preloaded != nullptr &&
        std::string_view{preloaded}.find("vgpreload") != std::string_view::npos) {
        return "valgrind runs the program";
    }
    const pid_t pid = fork();
    if (pid == 0) {
        std::_Exit(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    int status = 0;
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? "" : "ptrace is refused";
}

namespace detail {

// Steps over the section that the child is about to enter; false if the child ended.
inline bool count_steps(pid_t pid, const shared_marks& marks, std::uint64_t& steps, int& status) {
    const auto step = [&] {
        return ptrace(PTRACE_SINGLESTEP, pid, nullptr, nullptr) == 0 &&
               waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) &&
               WSTOPSIG(status) == SIGTRAP;
    };
    while (!marks.inside) {
        if (!step()) {
            return false;
        }
    }
    for (steps = 0; marks.inside; ++steps) {
        if (!step()) {
            return false;
        }
    }
    return true;
}

}  // namespace detail

/// Runs `driver` in a child process and counts, exactly, the instructions of each section that it
/// marks, in their order:
///
///     auto counts = tests::count_instructions([](tests::section_counter& count) {
///         count([&] { block = memory.allocate(64); });
///     });
///
/// An empty section counts 0. The child goes through a section step by step, at 5 to 30 us a step.
/// A repeated instruction (`rep stos`) counts once a round, and the first call of a function in a
/// shared library finds that function first: call it once outside of a section. Nothing that the
/// driver changes is seen outside. Throws where the child does not run to its end.
template <class Driver>
[[nodiscard]] std::vector<counted_section> count_instructions(Driver driver) {
    void* memory = mmap(nullptr, sizeof(shared_marks), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        throw std::bad_alloc{};
    }
    auto& marks = *::new (memory) shared_marks;
    const pid_t pid = fork();
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        section_counter count{marks};
        try {
            count([] {});  // what the marks themselves take
            driver(count);
        } catch (...) {
            std::_Exit(EXIT_FAILURE);
        }
        std::_Exit(EXIT_SUCCESS);
    }
    std::vector<counted_section> counts;
    int status = 0;
    bool runs = pid > 0 && waitpid(pid, &status, 0) == pid;
    while (runs && WIFSTOPPED(status)) {
        int pass_on = WSTOPSIG(status);
        if (pass_on == SIGTRAP) {
            counted_section counted{marks.label, 0};
            if (!detail::count_steps(pid, marks, counted.instructions, status)) {
                continue;
            }
            counts.push_back(counted);
            pass_on = 0;
        }
        runs = ptrace(PTRACE_CONT, pid, nullptr, pass_on) == 0 && waitpid(pid, &status, 0) == pid;
    }
    munmap(memory, sizeof(shared_marks));
    if (!runs || !WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS) {
        throw std::runtime_error{"the counted program did not run to its end"};
    }
    const std::uint64_t marks_alone = counts.at(0).instructions;
    counts.erase(counts.begin());
    for (counted_section& each : counts) {
        each.instructions -= std::min(each.instructions, marks_alone);
    }
    return counts;
}

}  // namespace tests

#endif
