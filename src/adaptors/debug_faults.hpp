// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_ADAPTORS_DEBUG_FAULTS_HPP
#define STRATA_SRC_ADAPTORS_DEBUG_FAULTS_HPP

#include <csignal>
#include <string>

#include <strata/adaptors/detail/debug_base.hpp>

namespace strata::detail {

/// Explains a fault (SIGSEGV, SIGBUS) at an address that was read from a freed block, or in the
/// pages of a guarded one, and lets the handler that was there before go on.
class debug_faults {
public:
    /// Explains what happens from now on to this one, among others.
    static void watch(const debug_base& one) noexcept;

    static void unwatch() noexcept;

    struct fault;

private:
    static void handle(int signal, siginfo_t* info, void* context) noexcept;
    static void explain(fault& now) noexcept;
    [[nodiscard]] static bool is_at(const debug_base& one, void* data) noexcept;
    [[nodiscard]] static debug_block* block_at(const debug_base& one, const fault& now) noexcept;
    [[nodiscard]] static bool is_told_by_child(fault& now) noexcept;
    static int tell(void* data) noexcept;
    [[nodiscard]] static std::string text_of(const fault& now);
};

}  // namespace strata::detail

#endif
