// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DEBUG_RESOURCE_HPP
#define STRATA_ADAPTORS_DEBUG_RESOURCE_HPP

#include <concepts>
#include <cstddef>
#include <memory_resource>

#include <strata/adaptors/debug_options.hpp>
#include <strata/adaptors/detail/debug_base.hpp>
#include <strata/detail/lifetime_bound.hpp>

namespace strata {

/// Finds misuse of memory, without any tool, over any upstream, and says what happened and where.
///
///     strata::debug_resource memory{strata::debug{.name = "orders"}, &upstream};
///     std::pmr::vector<int> numbers{&memory};
///     memory.check();  // else at a free, when a block leaves the quarantine, at the end
///
/// Found are: double frees; null, foreign and interior pointers, and those of another resource; a
/// wrong size or alignment; writes up to a fence beyond either end of a block; writes into freed
/// blocks, as long as they are in quarantine; all of that after `release()` too; blocks live at the
/// end; two threads at once, a thread that it is not tied to, calls from its own upstream or
/// handler; that it, or a stack or built strategy with it as a layer, is the default resource at its
/// end. Reads are not seen, but a pointer that is read from a freed block is no address.
///
/// Faults: the first one installs handlers of SIGSEGV and SIGBUS, unless `faults` is false. At an
/// address that was read from a freed block, as a second destructor does, or between guard pages,
/// they print the block, where it was used, freed and allocated; then the handler that was there
/// before, or the default action, goes on. A child process names the calls, for at most 10 seconds,
/// so that no lock of this one is waited for; where there is none, addresses stand for names. Other
/// faults only pass through. Neither `handler` nor `strata::misuse` hears of it. On processors other
/// than those of x86-64, the system must tell the address that was used. A handler that the program
/// installs later, and that passes nothing on, is called instead of ours, until another
/// `debug_resource` is made.
///
/// Routing: a block is one of the upstream, with a fence at both ends; what is known of it is
/// another, so that little that is written wildly can reach that. With guard pages blocks are
/// mappings of their own from the system, with that alone in the upstream: no block of an upstream
/// has whole pages for itself. Where the upstream is out of memory, the quarantine goes first.
/// `try_expand` moves the fence behind a block. Between guard pages it resizes no block.
/// Lifetime: blocks live until freed, `release` or destruction, and in quarantine still, until
/// `flush`. After a wrong free all is as if it had not been called, save that with a wrong size or
/// alignment the block is freed, with the right ones. The upstream must outlive it; before that is
/// reset or released, `release` and `flush` this. One that never ends is looked at by nobody, unless with the option `at_exit`.
/// Overhead: 96 bytes a block and two fences, each rounded up to 8 bytes, and 16 bytes for each of
/// `stack_depth + 23` calls, if that is not 0: 512 bytes a block with the standard options; with
/// guard pages at least 3 pages of addresses, and two of the system's mappings: where Linux allows a
/// process 65,530 of them (`vm.max_map_count`), as it does by default, some 32,700 blocks can be
/// live, and the next request throws. 1 KiB for the object. A pair of calls takes
/// some thousand times as long as a pool's, for the two stacks, and some hundred times without
/// (`stack_depth = 0`): `sh tests/benchmarks/run.sh debug` prints by how much.
/// Complexity: O(log blocks) for both calls, and O(bytes) to fill and to check; `check`, `release`
/// and the end O(blocks).
/// Errors: what the upstream throws passes through and changes nothing; `std::bad_alloc` for an
/// alignment that is no power of two, and for a call from its own upstream. What is found goes
/// where the options say. If its own records were overwritten, which are in memory of the upstream,
/// or that serves what is still in use, it says so and ends the program whatever the options are.
/// Threads: one at a time, which it checks; any with the option `concurrent`. In either case a
/// second one waits for the first, so that what is found does no harm. After a fork parent and child
/// go on with it.
template <class Upstream>
class debug_resource : public detail::debug_base {
public:
    debug_resource()
        requires std::same_as<Upstream, std::pmr::memory_resource>
        : debug_resource{std::pmr::get_default_resource()} {}
    explicit debug_resource(Upstream* upstream STRATA_LIFETIME_BOUND)
        : debug_resource{debug{}, upstream} {}
    explicit debug_resource(const debug& description)
        requires std::same_as<Upstream, std::pmr::memory_resource>
        : debug_resource{description, std::pmr::get_default_resource()} {}
    debug_resource(const debug& description, Upstream* upstream STRATA_LIFETIME_BOUND)
        : debug_base{description, upstream}, upstream_{upstream} {}

    [[nodiscard]] void* allocate(std::size_t bytes,
                                 std::size_t alignment = alignof(std::max_align_t)) {
        return do_allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes,
                    std::size_t alignment = alignof(std::max_align_t)) {
        do_deallocate(block, bytes, alignment);
    }

    [[nodiscard]] void* try_allocate(layout wanted) noexcept { return try_allocate_block(wanted); }

    // For the library. An exception of the upstream becomes a null.
    static constexpr bool tries_by_catching = true;

    [[nodiscard]] Upstream* upstream_resource() const noexcept { return upstream_; }

protected:
    [[nodiscard]] void* do_try_allocate(layout wanted) noexcept override {
        return try_allocate_block(wanted);
    }
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override {
        return try_expand_block(block, as, bytes);
    }
    [[nodiscard]] const void* do_part(detail::type_key wanted) const noexcept override {
        const void* const whole = as_part(this, wanted);
        return whole != nullptr ? whole : debug_base::do_part(wanted);
    }

    void* do_allocate(std::size_t bytes, std::size_t alignment) final {
        return allocate_block(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final {
        deallocate_block(block, bytes, alignment);
    }

private:
    Upstream* upstream_;
};

extern template class debug_resource<std::pmr::memory_resource>;

template <class Upstream>
debug_resource(Upstream*) -> debug_resource<Upstream>;
template <class Upstream>
debug_resource(debug, Upstream*) -> debug_resource<Upstream>;

}  // namespace strata

#endif
