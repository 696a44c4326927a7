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

/// Finds misuse of memory over any upstream, without any tool, and reports what happened and where.
///
///     strata::debug_resource memory{strata::debug{.name = "orders"}, &upstream};
///     std::pmr::vector<int> numbers{&memory};
///     memory.check();  // else at a free, when a block leaves the quarantine, at the end
///
/// It finds: double frees; null, foreign and interior pointers, and blocks of another resource; a
/// wrong size or alignment; writes up to a fence beyond either end of a block; writes to freed
/// blocks in quarantine; all of these after `release()` too; blocks that are live at its end; two
/// threads inside at once, a thread that it is not tied to, calls from its own upstream or handler;
/// that it, or a stack or built strategy with it as a layer, is the default resource at its end. It
/// does not see reads, but a pointer that is read from a freed block is not a valid address.
///
/// Calls, beside those of every resource:
/// - `check()` checks all live and quarantined blocks; returns the number of findings.
/// - `report_leaks()` reports the live blocks; returns their number.
/// - `release()` checks all live blocks and gives them up. They go into the quarantine.
/// - `flush()` checks the blocks in quarantine and gives them back to the upstream.
/// - `tie_to_this_thread()`: from then on, a call by another thread is a finding. `untie()` ends
///   that.
/// - `findings()` and `findings(kind)` return the number of findings so far.
/// - `options()` returns the description, `title()` the name in messages: `debug "orders"`.
///
/// Faults: the first resource installs handlers of SIGSEGV and SIGBUS, unless `faults` is false.
/// They explain a fault in a guard page, and a fault at an address that was read from a freed
/// block, for example by a second destructor. The message has the block, and the calls that used,
/// freed and allocated it. Then the earlier handler or the default action follows; other faults go
/// there at once. A child process names the calls, for at most 10 seconds, so that the handler
/// waits for no lock; if no child can be made, the message has addresses instead of names.
/// `handler` and `strata::misuse` are not called. On processors other than x86-64, the address is
/// known only if the system tells it. If the program later installs a handler that does not pass
/// faults on, faults are explained again once another `debug_resource` is made.
///
/// Routing: each block is a block of the upstream, with a fence at both ends. Its record is in
/// pages from the system, where no write beyond a block reaches it. With guard pages, blocks are
/// mappings from the system too, and the upstream is not used: its blocks are not whole pages. If
/// the upstream is out of memory, the quarantine is given back before the request is refused.
/// `try_expand` moves the fence after a block, and does not resize blocks between guard pages.
/// Lifetime: blocks live until freed, `release` or destruction. Freed blocks go back to the
/// upstream when they leave the quarantine. A wrong free changes nothing, except that a block freed
/// with a wrong size or alignment is freed with the right ones. The upstream must outlive the
/// resource; before the upstream is reset or released, call `release` and `flush`. A resource that
/// is never destroyed is checked at the exit only with the option `at_exit`.
/// Overhead: a block of the upstream is larger by two fences, each rounded up to 8 bytes. A record
/// takes 96 bytes from the system, and 16 bytes for each of `stack_depth + 23` calls, if
/// `stack_depth` is not 0: 480 bytes with the default options. A block between guard pages takes at
/// least 3 pages of addresses and two of the system's mappings. Linux allows a process 65,530 of
/// them by default (`vm.max_map_count`), so that some 32,700 blocks can be live, and the next
/// request throws. 1 KiB for the object. A pair of calls takes thousands of times as long as a
/// pool's, because of the two call stacks, and hundreds of times without them (`stack_depth = 0`):
/// `sh tests/benchmarks/run.sh debug` measures it.
/// Complexity: O(log blocks) for both calls, and O(bytes) to fill and to check; `check`, `release`
/// and the end O(blocks).
/// Errors: exceptions of the upstream pass through and change nothing; `std::bad_alloc` for an
/// alignment that is not a power of two, and for a call from its own upstream. The options say what
/// happens with a finding. If the upstream serves memory that is still in use, the program ends
/// with a message, whatever the options are.
/// Threads: one at a time, which it checks; any number with the option `concurrent`. In both cases
/// a second thread waits for the first, so that its call does no harm. After a fork, parent and
/// child can go on with it.
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

    // For the library. An exception of the upstream becomes null.
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
