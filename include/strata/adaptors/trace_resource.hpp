// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_TRACE_RESOURCE_HPP
#define STRATA_ADAPTORS_TRACE_RESOURCE_HPP

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <tuple>

#include <strata/adaptors/adaptor.hpp>
#include <strata/core/detail/title.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/on_finding.hpp>
#include <strata/core/option_table.hpp>
#include <strata/core/resource.hpp>
#include <strata/core/thread_safety.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/detail/unwinding.hpp>
#include <strata/trace/detail/open_trace.hpp>

namespace strata {

template <class Upstream = std::pmr::memory_resource>
class trace_resource;

/// Describes a `trace_resource`: to which file it records, and whether with call sites.
struct trace {
    /// The path of a file that does not exist or is empty. It must be given.
    std::string_view file = {};
    /// What happens when the file has no room for events, and again at the end. Nothing can be
    /// thrown there.
    on_finding on_full = on_finding::report;
    /// How many calls are recorded for each call site, the innermost ones, at most 256. Calls in
    /// this library and in containers count too: a small number may leave out all of the program's.
    /// 0: none, and no stacks are captured, which saves their time and memory.
    std::size_t stack_depth = 0;
    label name = {};

    template <class Upstream>
    using resource_type = trace_resource<Upstream>;
    static constexpr bool is_source = false;
    static constexpr bool only_from_below = true;
    static constexpr bool passes_sizes_on = true;
    static constexpr std::string_view layer_name = "trace";
    [[nodiscard]] static constexpr thread_safety threads() noexcept {
        return thread_safety::as_below;
    }

    template <class Self = trace>
    static constexpr auto option_table() {
        return std::tuple{
            option{&Self::file,
                   {.name = "file",
                    .what = "the new or empty file that it records to, which must be given",
                    .type = option_type::path,
                    .most = 4095}},
            option{&Self::on_full,
                   {.name = "on_full", .what = "what happens if the file has no more room"}},
            option{&Self::stack_depth,
                   {.name = "stack_depth",
                    .what = "how many calls are recorded for each call site",
                    .type = option_type::count,
                    .most = 256,
                    .zero = "no call sites"}}};
    }
    /// Why the options do not go together; empty if they do.
    [[nodiscard]] std::string contradiction() const;

    friend constexpr bool operator==(const trace&, const trace&) = default;
};

namespace detail {

/// Reports that events were dropped: for the first time, or at the end of the object `whose`.
[[gnu::cold]] void report_full(const char* whose, on_finding what, const open_trace& of) noexcept;
void report_dropped(const char* whose, on_finding what, const open_trace& of) noexcept;

/// The path to record to. Throws `std::invalid_argument` if it cannot be one.
[[nodiscard]] std::string_view path_of(const trace& description);

/// The name of the resource in the trace.
[[nodiscard]] inline std::string_view name_in_trace(const label& name) noexcept {
    return name.empty() ? std::string_view{"trace"} : name.text();
}

}  // namespace detail

/// Records every allocation and deallocation to a file, with addresses, sizes and times, and with
/// call sites if `stack_depth` is not 0.
///
///     strata::trace_resource recorded{strata::trace{.file = "run.trace"}, &upstream};
///     strata::mark_phase("parse");
///     std::pmr::string text{"a text that is too long to be stored inside", &recorded};
///
/// Routing: every call goes on to the upstream unchanged. An allocation is recorded after it
/// succeeded or failed, a deallocation before it is passed on, a block that was resized in place
/// after that. So in the order of times, a block is freed before its address is used again. A
/// `release()` of a layer below is not seen. With call sites, the calls that lead to each
/// allocation, refusal and resized block are recorded, by address. `strata info` and `strata top`
/// name them, and leave out those in this library and in the standard library.
/// Lifetime: holds no blocks. The upstream must outlive it. The file is valid at any moment: if the
/// program is killed, at most the last event of each thread is missing. Nobody may truncate it
/// meanwhile.
/// Overhead: none a block; 56 bytes for the object and 16 KiB of the system's memory. 24 bytes of
/// the file an event, and up to 64 KiB for each thread that records, however short it lives. The
/// file grows by 256 KiB, later by 4 MiB at a time, and ends with its last chunk of 64 KiB. At most
/// 4 MiB of it are mapped for each thread. Some 70 instructions an event, among them one that reads
/// the processor's time, which takes longer than the others. A call site takes 24 bytes more. It
/// takes some 500 instructions if only the innermost calls differ from the thread's last call site.
/// A call that is new takes thousands, once. Elsewhere than on x86-64 with glibc 2.35 or later, a
/// call site takes microseconds. Call sites need 1 MiB of the system's memory, up to 16 KiB for
/// each thread, and up to 128 bytes for each different call.
/// Complexity: O(1) beside the upstream's, and O(`stack_depth`) with call sites. Once in 2,728
/// events a thread takes a lock, and seldom the file grows.
/// Errors: the constructor throws `std::system_error` if the file is not empty, cannot be made, or
/// is another trace's. It throws `std::invalid_argument` if the path is empty, longer than 4,095
/// bytes, or has control characters, quotation marks or backslashes. Nothing is left behind then.
/// Exceptions of the upstream pass through and are recorded. If the file cannot grow, events are
/// dropped until it can: the file tells how many, `on_full` says what else happens, and the program
/// goes on. An event has no call site if its stack cannot be followed, if there is no memory for
/// that, or after 1,048,576 different calls. Once in 2,728 events, a thread looks whether modules
/// were unloaded. Until then, call sites in a module that took the place of an unloaded one may be
/// wrong. They stay wrong if both have the same size and the same place for their unwind
/// information. A wrong call site may be read beyond the end of a stack that the program has made
/// itself, such as a fiber's.
/// Threads: as the upstream. Each thread writes to a chunk of its own. In the child of a fork the
/// resource records nothing: the file is the parent's. Recording waits for no lock that is held
/// while other code runs, such as the loader's. Only call sites do that, elsewhere than on x86-64
/// with glibc 2.35 or later. There, two threads may wait for each other for ever: one records under
/// a lock of the program and waits for the loader; the other loads a module and waits for the lock.
template <class Upstream>
class trace_resource : public adaptor<trace_resource<Upstream>, trace, Upstream> {
public:
    explicit trace_resource(
        const trace& description) requires std::same_as<Upstream, std::pmr::memory_resource>
        : trace_resource{description, std::pmr::get_default_resource()} {}
    trace_resource(const trace& description, Upstream* upstream STRATA_LIFETIME_BOUND)
        : trace_resource::adaptor{description.name, upstream},
          on_full_{description.on_full},
          to_{detail::title{trace::layer_name, description.name}.text(),
              detail::name_in_trace(description.name), detail::path_of(description),
              description.stack_depth} {}
    ~trace_resource() override {
        if (to_.dropped() != 0) {
            detail::report_dropped(detail::title{*this}.c_str(), on_full_, to_);
        }
    }

    /// How many events were not recorded because the file had no room.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return to_.dropped(); }

    /// The text of the file's path is the resource's.
    [[nodiscard]] trace options() const noexcept {
        return {.file = to_.file(),
                .on_full = on_full_,
                .stack_depth = to_.stack_depth(),
                .name = this->label()};
    }

protected:
    [[nodiscard]] void* do_try_allocate(layout wanted) noexcept override {
        void* const block = this->try_allocate_below(wanted);
        look(block == nullptr ? to_.refused(wanted.size, wanted.alignment)
                              : to_.allocated(block, wanted.size, wanted.alignment));
        return block;
    }
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override {
        const std::uint64_t before = to_.clock();
        if (!this->try_expand_below(block, as, bytes)) {
            return false;
        }
        look(to_.resized(block, as.size, bytes, as.alignment, before));
        return true;
    }

    void* do_allocate(std::size_t bytes, std::size_t alignment) final {
        void* const block = detail::or_undo([&] { return this->allocate_below(bytes, alignment); },
                                            [&] { look(to_.refused(bytes, alignment)); });
        look(to_.allocated(block, bytes, alignment));
        return block;
    }

    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final {
        if (block == nullptr) [[unlikely]] {
            return this->null_freed(bytes, alignment);
        }
        look(to_.deallocated(block, bytes, alignment));
        this->deallocate_below(block, bytes, alignment);
    }

private:
    friend typename trace_resource::direct_calls;

    void look(bool is_recorded) noexcept {
        if (!is_recorded) [[unlikely]] {
            note_full();
        }
    }
    [[gnu::cold, gnu::noinline]] void note_full() noexcept {
        if (!is_told_.exchange(true, std::memory_order_relaxed)) {
            detail::report_full(detail::title{*this}.c_str(), on_full_, to_);
        }
    }

    on_finding on_full_;
    std::atomic<bool> is_told_ = false;
    detail::open_trace to_;
};

extern template class trace_resource<std::pmr::memory_resource>;

template <class Upstream>
trace_resource(trace, Upstream*) -> trace_resource<Upstream>;

}  // namespace strata

#endif
