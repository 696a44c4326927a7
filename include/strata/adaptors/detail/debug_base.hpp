// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_DEBUG_BASE_HPP
#define STRATA_ADAPTORS_DETAIL_DEBUG_BASE_HPP

#include <cstddef>
#include <memory_resource>
#include <string_view>

#include <strata/adaptors/debug_options.hpp>
#include <strata/adaptors/detail/block_checker.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/usage.hpp>

namespace strata::detail {

struct debug_state;

/// All of a `debug_resource` except the type of its upstream.
class debug_base : public block_checker {
public:
    ~debug_base() override;

    /// Checks all live blocks and all in quarantine; returns the number of findings.
    std::size_t check();
    /// Reports the live blocks, as at its end; returns their number.
    std::size_t report_leaks();
    /// Gives up all live blocks. They go into the quarantine, like blocks that are freed one by
    /// one.
    void release();
    /// Checks all blocks in quarantine and gives them back to the upstream.
    void flush();

    /// From the first call on, only this thread may call the resource; from the second on, any
    /// thread.
    void tie_to_this_thread() noexcept;
    void untie() noexcept;

    /// The number of findings so far, of one kind or in all.
    [[nodiscard]] std::size_t findings(finding kind) const noexcept;
    [[nodiscard]] std::size_t findings() const noexcept;

    [[nodiscard]] const debug& options() const noexcept;
    /// The name in messages: `debug "orders"`.
    [[nodiscard]] std::string_view title() const noexcept;

    // For the library.
    std::size_t check_at_exit() noexcept override;
    void default_resource_ends() noexcept override;

protected:
    debug_base(const debug& options, std::pmr::memory_resource* upstream);

    [[nodiscard]] void* allocate_block(std::size_t bytes, std::size_t alignment);
    [[nodiscard]] void* try_allocate_block(layout wanted) noexcept;
    void deallocate_block(void* block, std::size_t bytes, std::size_t alignment) noexcept;
    [[nodiscard]] bool try_expand_block(void* block, layout as, std::size_t bytes) noexcept;

    [[nodiscard]] std::string_view do_name() const noexcept override { return debug::layer_name; }
    [[nodiscard]] std::pmr::memory_resource* do_upstream(
        std::size_t index) const noexcept override;
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override;
    [[nodiscard]] strata::usage do_usage() const noexcept override;
    void do_list_options(option_list& to) const override;
    [[nodiscard]] const void* do_part(type_key wanted) const noexcept override;

private:
    void end() noexcept;

    alignas(std::max_align_t) std::byte room_[976];
    debug_state& state_;  // in that room; src/adaptors/debug_state.hpp
};

}  // namespace strata::detail

#endif
