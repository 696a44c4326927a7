// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_INTEROP_DETAIL_GLOBAL_PROGRAM_HPP
#define STRATA_INTEROP_DETAIL_GLOBAL_PROGRAM_HPP

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>

#include <strata/core/allocation_source.hpp>
#include <strata/core/layout.hpp>
#include <strata/threads/detail/inside_resource.hpp>

// What operator new keeps of the program, all of it there before any code runs and after all has.
namespace strata::global::detail {

using strata::detail::this_thread;
using strata::detail::inside_resource;
using strata::detail::thread_state;

/// What blocks are taken from, unless their thread is inside a resource. Null until the first.
extern constinit std::atomic<std::pmr::memory_resource*> installed;
/// What the expression of the program gave, once it did.
extern constinit std::atomic<std::pmr::memory_resource*> usual;
/// The process in which operator new was first called, as the number of forks before it, and one
/// more. 0: not yet; if not even after a call, nothing in this program routes it.
extern constinit std::atomic<std::uint32_t> begun_in;

/// Where a block comes from if its thread is inside a resource: the heap; and where nothing is
/// installed yet: the resource, which the first such call makes; until it has, the heap too.
[[nodiscard]] std::pmr::memory_resource* resource_or_heap(
    std::pmr::memory_resource* (*make)()) noexcept;

/// Makes the resource, if need be; `std::logic_error` where no program says what it is.
void require_resource();

/// So that a report comes as late as can be.
void register_for_exit() noexcept;

/// For what watches all allocations of the program: budgets.
class program_source final : public allocation_source {
public:
    using allocation_source::is_watched;
    using allocation_source::tell_watchers;

private:
    void allocate_and_free_a_byte() override;
};
extern constinit program_source source;

/// Gives a block back that is not of the program's usual resource.
void give_back_to(std::pmr::memory_resource& owner, void* memory, layout whole) noexcept;

/// Says of a block that it cannot be freed, or lets a `debug_resource` under operator new do so,
/// which knows more. The size is 0 where the program did not say it.
void report_wrong_delete(void* block, std::size_t size, std::size_t alignment) noexcept;
/// The same for one that is freed with another size than it was asked for. Whether it shall be
/// given back with that size: such a resource will say it.
[[nodiscard]] bool may_free_with_another_size(std::pmr::memory_resource& owner, void* block,
                                              std::size_t asked, std::size_t freed) noexcept;

/// Blocks that have no header and are of another resource than those around them.
class strangers {
public:
    struct stranger {
        std::pmr::memory_resource* owner;
        layout asked;
    };

    [[nodiscard]] static bool are_there() noexcept {
        return count_.load(std::memory_order_acquire) != 0;
    }
    /// Whether there was memory to note it.
    [[nodiscard]] static bool add(void* block, const stranger& known) noexcept;
    [[nodiscard]] static std::optional<stranger> remove(void* block) noexcept;

private:
    static constinit std::atomic<std::size_t> count_;
};

}  // namespace strata::global::detail

#endif
