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

// The state of operator new in this program. It is initialised before any code runs, and never
// destroyed.
namespace strata::global::detail {

using strata::detail::this_thread;
using strata::detail::inside_resource;
using strata::detail::new_route;
using strata::detail::thread_state;

/// The resource that serves now. Null until the first call.
extern constinit std::atomic<std::pmr::memory_resource*> installed;
/// The resource of the expression of STRATA_GLOBAL_RESOURCE. Null until the first call.
extern constinit std::atomic<std::pmr::memory_resource*> initial;
/// The process that first called operator new: 1 + the number of forks before it. 0 before the
/// first call, and always if the program has no STRATA_GLOBAL_RESOURCE.
extern constinit std::atomic<std::uint32_t> begun_in;

/// How to make the resource of STRATA_GLOBAL_RESOURCE, and the limit of its fast paths: they serve
/// sizes below it. It is 0 until the resource is installed, while another one is installed, while a
/// `thread_resource` lives on any thread, and while budgets watch operator new. Otherwise it is the
/// result of `find_quick_limit`.
struct maker {
    std::pmr::memory_resource* (*make)();
    std::size_t (*find_quick_limit)() noexcept;
    std::atomic<std::size_t>* quick_limit;
};

/// The names of the functions that this serves, in messages and reports.
struct function_names {
    const char* allocate = "operator new";
    const char* deallocate = "operator delete";
    const char* made_by = "STRATA_GLOBAL_RESOURCE";
};
extern constinit function_names names;

/// The heap, if the calling thread is inside a resource or another thread is making the resource.
/// Otherwise that of the thread's innermost `thread_resource`, or the installed resource; the first
/// call makes that.
[[nodiscard]] std::pmr::memory_resource* resource_or_heap(const maker& by) noexcept;

/// Call it after another resource was installed, or watchers or thread resources have changed.
void update_quick_limit() noexcept;

/// How many objects of `thread_resource` live.
extern constinit std::atomic<std::size_t> thread_resources;

/// Makes the resource if there is none yet. Throws `std::logic_error` in a program without
/// STRATA_GLOBAL_RESOURCE.
void require_resource();

/// Registers the report at exit, as late as possible in the order of destructors.
void register_for_exit() noexcept;

/// The source that budgets attach to when they watch all allocations of the program.
class program_source final : public allocation_source {
public:
    using allocation_source::is_watched;
    using allocation_source::tell_watchers;

private:
    void allocate_and_free_a_byte() override;
    void watchers_changed() noexcept override { update_quick_limit(); }
};
extern constinit program_source source;

/// Gives a block back to a resource that is not the initial one.
void give_back_to(std::pmr::memory_resource& owner, void* memory, layout whole) noexcept;

/// Reports that a block cannot be freed. If a `debug_resource` serves operator new, it makes the
/// report, because it knows more. The size is 0 if the program did not give one.
void report_wrong_delete(void* block, std::size_t size, std::size_t alignment) noexcept;
/// Reports that a block is freed with a wrong size. True if nothing was reported because `owner`
/// has a `debug_resource`, which reports it when it gets that size.
[[nodiscard]] bool may_free_with_another_size(std::pmr::memory_resource& owner, void* block,
                                              std::size_t asked, std::size_t freed) noexcept;

/// The blocks without headers that are not from the initial resource.
class foreign_blocks {
public:
    struct origin {
        std::pmr::memory_resource* owner;
        layout asked;
    };

    [[nodiscard]] static bool any() noexcept {
        return count_.load(std::memory_order_acquire) != 0;
    }
    /// False if there is no memory for the record.
    [[nodiscard]] static bool add(void* block, const origin& known) noexcept;
    [[nodiscard]] static std::optional<origin> remove(void* block) noexcept;

private:
    static constinit std::atomic<std::size_t> count_;
};

}  // namespace strata::global::detail

#endif
