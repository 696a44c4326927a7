// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/detail/debug_base.hpp>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/core/detail/inside_resource.hpp>
#include <strata/core/misuse.hpp>
#include <strata/core/stack_trace.hpp>

#include "debug_index.hpp"
#include "debug_memory.hpp"
#include "debug_registry.hpp"
#include "debug_report.hpp"

namespace strata::detail {
namespace {

// So many calls more than are shown are kept of each stack, for those inside the standard library
// and this one, which are not shown.
constexpr std::size_t unshown_calls = 23;
constexpr std::size_t most_shown_calls = 32;
constexpr std::size_t largest_fence = std::size_t{1} << 16;

// What this thread does with a finding just now, and of which resource.
enum class saying : std::uint8_t { nothing, composing, telling };
struct being_said {
    const debug_base* by = nullptr;
    saying what = saying::nothing;
};
constinit thread_local being_said now_said;

class says {
public:
    says(const debug_base* by, saying what) noexcept
        : before_{std::exchange(now_said, {by, what})} {}
    says(const says&) = delete;
    says& operator=(const says&) = delete;
    ~says() { now_said = before_; }

private:
    being_said before_;
};

[[nodiscard]] bool is_saying(const debug_base* by, saying what) noexcept {
    return now_said.by == by && now_said.what == what;
}

debug bounded(debug options) {
    options.fence = std::min(options.fence, largest_fence);
    options.stack_depth = std::min(options.stack_depth, most_shown_calls);
    return options;
}

}  // namespace

// --- who is inside
// --------------------------------------------------------------------------------

/// The calls that lead to one of the functions below.
class debug_base::calls_here {
public:
    explicit calls_here(const debug_base& of) noexcept
        : count_{capture_calls({all_.data(), of.most_calls_}, 1)} {}

    [[nodiscard]] std::span<void* const> all() const noexcept { return {all_.data(), count_}; }
    std::uint16_t copy_to(std::span<void*> room) const noexcept {
        std::ranges::copy(all(), room.begin());
        return static_cast<std::uint16_t>(count_);
    }

private:
    std::array<void*, unshown_calls + most_shown_calls> all_{};
    std::size_t count_;
};

std::uint64_t debug_base::current_thread() noexcept {
    static std::atomic<std::uint64_t> last{0};
    thread_local const std::uint64_t number = ++last;
    return number;
}

const char* debug_base::text_of(call what) noexcept {
    constexpr std::array names{"",        "allocate", "deallocate",    "check",
                               "release", "flush",    "its destructor"};
    return names[static_cast<std::size_t>(what)];
}

/// One call, which the others wait for. Finds out whether it may be made here and now.
class debug_base::visit {
public:
    visit(debug_base& of, call what, const calls_here& here, may_throw throwing) : of_{of} {
        const std::uint64_t me = current_thread();
        const std::uint64_t tied_to = of.tied_to_;
        if (tied_to != 0 && tied_to != me && what != call::end) {
            of.report(finding::wrong_thread, throwing, [&] {
                return debug_report{of.title_text(), "called by another thread than its own",
                                    of.options_.stack_depth}
                    .row("call", text_of(what))
                    .row("by thread", std::to_string(me))
                    .row("tied to", "thread " + std::to_string(tied_to))
                    .calls("called", here.all())
                    .text();
            });
        }
        if (of.holder_ == me) {
            enter_again(what, here, throwing);
            return;
        }
        std::uint64_t other = 0;
        is_watched_ = of.inside_.compare_exchange_strong(other, me);
        if (!is_watched_ && !of.options_.concurrent && !is_saying(&of, saying::composing)) {
            of.report_two_threads(other, what, here, throwing);
        }
        of.mutex_.lock();
        of.holder_ = me;
        has_lock_ = true;
        if (is_watched_) {
            of.inside_call_ = what;
            const auto calls = here.all();
            for (std::size_t i = 0; i != of.inside_calls_.size(); ++i) {
                void* const address = i < calls.size() ? calls[i] : nullptr;
                of.inside_calls_[i].store(address, std::memory_order_relaxed);
                if (address == nullptr) {
                    break;
                }
            }
        }
    }
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;
    ~visit() {
        if (has_lock_) {
            if (is_watched_) {
                of_.inside_call_ = call::none;
            }
            of_.holder_ = 0;
            of_.mutex_.unlock();
        }
        if (is_watched_) {
            of_.inside_ = 0;
        }
    }

    /// Whether it was made from within another, and would do harm there.
    [[nodiscard]] bool is_refused() const noexcept { return is_refused_; }

private:
    // While a message is composed, names may come from the heap, which may be this resource.
    void enter_again(call what, const calls_here& here, may_throw throwing) {
        if (is_saying(&of_, saying::composing)) {
            return;
        }
        const bool by_handler = is_saying(&of_, saying::telling);
        is_refused_ = by_handler || what == call::allocate || what == call::release ||
                      what == call::flush || what == call::check;
        of_.report(finding::reentry, throwing, [&] {
            debug_report text{
                of_.title_text(),
                by_handler ? "called by the handler of its findings" : "called by its own upstream",
                of_.options_.stack_depth};
            return text.row("call", text_of(what)).calls("called", here.all()).text();
        });
    }

    debug_base& of_;
    bool is_watched_ = false;
    bool has_lock_ = false;
    bool is_refused_ = false;
};

/// Access to what is known, for questions: neither watched nor an end of the thread's own access.
class debug_base::reading {
public:
    explicit reading(const debug_base& of) noexcept
        : of_{of},
          has_lock_{of.holder_ != current_thread()} {
        if (has_lock_) {
            of_.mutex_.lock();
        }
    }
    reading(const reading&) = delete;
    reading& operator=(const reading&) = delete;
    ~reading() {
        if (has_lock_) {
            of_.mutex_.unlock();
        }
    }

private:
    const debug_base& of_;
    bool has_lock_;
};

// --- findings
// -------------------------------------------------------------------------------------

// Empty where there is no memory for it, and where nobody would read it.
template <class Compose>
std::string debug_base::composed(const Compose& compose) noexcept {
    if (options_.action == on_finding::count) {
        return {};
    }
    try {
        const heap_serves_new for_the_text;  // it may be this resource that serves it else
        const says composing{this, saying::composing};
        return compose();
    } catch (...) {
        return {};
    }
}

template <class Compose>
void debug_base::report(finding kind, may_throw throwing, const Compose& compose) {
    ++found_[static_cast<std::size_t>(kind)];
    if (options_.action == on_finding::count) {
        return;
    }
    const std::string text = composed(compose);
    if (text.empty()) {  // no memory for it
        std::array<char, 120> brief{};
        std::snprintf(brief.data(), brief.size(), "%s: %s; no memory to say more", title_text(),
                      to_string(kind).data());
        act(kind, throwing, brief.data());
        return;
    }
    act(kind, throwing, text.c_str());
}

void debug_base::act(finding kind, may_throw throwing, const char* message) {
    const heap_serves_new for_the_handler;
    const bool is_nested = is_saying(this, saying::telling);
    if (options_.action == on_finding::abort || is_nested) {
        std::fprintf(stderr, "strata: misuse: %s\n", message);
        if (options_.action == on_finding::abort) {
            std::abort();
        }
        return;
    }
    if (options_.action == on_finding::throw_where_legal && throwing == may_throw::yes) {
        throw debug_error{kind, message};
    }
    const says telling{this, saying::telling};
    if (options_.handler) {
        options_.handler(kind, message);
    } else {
        misuse(message);
    }
}

void debug_base::report_two_threads(std::uint64_t other, call what, const calls_here& here,
                                    may_throw throwing) {
    const call others_call = inside_call_;
    std::array<void*, unshown_calls + most_shown_calls> calls{};
    std::size_t count = 0;
    while (count != calls.size() && (calls[count] = inside_calls_[count]) != nullptr) {
        ++count;
    }
    report(finding::two_threads, throwing, [&] {
        debug_report text{title_text(), "two threads are inside at once", options_.stack_depth};
        text.row("thread " + std::to_string(current_thread()), text_of(what))
            .calls("called", here.all())
            .row("thread " + std::to_string(other), text_of(others_call));
        // It may have left meanwhile.
        return others_call == call::none ? text.text()
                                         : text.calls("called", {calls.data(), count}).text();
    });
}

void debug_base::report_wrong_free(void* block, layout as, const calls_here& here) {
    const auto* address = static_cast<std::byte*>(block);
    const auto compose = [&](const char* what, const debug_block* inside_of) {
        debug_report text{title_text(), what, options_.stack_depth};
        text.row("pointer", place_text(address, inside_of));
        if (inside_of != nullptr) {
            text.block(*inside_of);
        }
        text.row("freed as", bytes_text(as.size) + " aligned to " + std::to_string(as.alignment))
            .calls("freed", here.all());
        if (inside_of != nullptr) {
            text.calls("allocated", inside_of->allocated_by())
                .calls("freed before", inside_of->freed_by());
        }
        return text;
    };
    if (block == nullptr) {
        report(finding::null_pointer, may_throw::no,
               [&] { return compose("a null pointer is freed", nullptr).text(); });
    } else if (const debug_block* inside_of = around(block)) {
        report(finding::interior_pointer, may_throw::no, [&] {
            return compose(inside_of->state == block_state::live
                               ? "a pointer into a block is freed"
                               : "a pointer into a block that was freed before is freed",
                           inside_of)
                .text();
        });
    } else if (const block_owner owner = debug_registry::find_owner(*this, block)) {
        report(finding::other_resource, may_throw::no, [&] {
            return compose("a block of another resource is freed", nullptr)
                .row("belongs to", text_of_owner(owner))
                .text();
        });
    } else {
        report(finding::foreign_pointer, may_throw::no,
               [&] { return compose("a pointer that is no block's is freed", nullptr).text(); });
    }
}

void debug_base::report_live() {
    if (live_blocks_ == 0) {
        return;
    }
    report(finding::leak, may_throw::no, [&] {
        std::vector<const debug_block*> live;
        const debug_index index{blocks_};
        for (debug_block* each = index.first(); each != nullptr; each = index.next(*each)) {
            if (each->state == block_state::live) {
                live.push_back(each);
            }
        }
        return leak_text(title_text(), group_by_calls(std::move(live), options_.stack_depth));
    });
}

std::size_t debug_base::findings(finding kind) const noexcept {
    return found_[static_cast<std::size_t>(kind)];
}

std::size_t debug_base::findings() const noexcept {
    std::size_t all = 0;
    for (const auto& each : found_) {
        all += each;
    }
    return all;
}

// --- looking at blocks
// ----------------------------------------------------------------------------

// What was overwritten is mended, so that it is found once.
void debug_base::check_fences(debug_block& block, const calls_here& here, may_throw throwing) {
    const debug_memory memory{options_, *upstream_};
    memory.expose(block.begin, block.as());
    const std::span<std::byte> before = memory.before(block.begin, block.as());
    const std::span<std::byte> behind = memory.behind(block.begin, block.as());
    const auto under = find_overwritten(before, options_.fence_fill);
    const auto over = find_overwritten(behind, options_.fence_fill);
    const auto compose = [&](const char* what, const overwritten& where) {
        return composed([&] {
            return debug_report{title_text(), what, options_.stack_depth}
                .block(block)
                .row("overwritten", range_text(where, block))
                .hex(where, options_.fence_fill, block.begin,
                     {before.data(), before.size() + block.bytes + behind.size()})
                .calls("found", here.all())
                .calls("allocated", block.allocated_by())
                .text();
        });
    };
    if (under) {
        const std::string message = compose("memory before a block was overwritten", *under);
        std::ranges::fill(before, options_.fence_fill);
        if (!over) {
            memory.hide_fences(block.begin, block.as());
        }
        report(finding::underflow, over ? may_throw::no : throwing, [&] { return message; });
    }
    if (over) {
        const std::string message = compose("memory behind a block was overwritten", *over);
        std::ranges::fill(behind, options_.fence_fill);
        memory.hide_fences(block.begin, block.as());
        report(finding::overflow, throwing, [&] { return message; });
    }
    memory.hide_fences(block.begin, block.as());
}

void debug_base::check_freed(debug_block& block, const calls_here& here, may_throw throwing) {
    if (options_.guard != guard_page::none) {
        return;  // it could not be written to
    }
    const debug_memory memory{options_, *upstream_};
    memory.expose(block.begin, block.as());
    const std::span<std::byte> before = memory.before(block.begin, block.as());
    const std::span<std::byte> inside{block.begin, block.bytes};
    const std::span<std::byte> behind = memory.behind(block.begin, block.as());
    const std::span<const std::byte> whole{before.data(),
                                           before.size() + inside.size() + behind.size()};
    std::string message;
    bool is_wrong = false;
    for (const auto& [range, fill] :
         {std::pair{inside, options_.freed_fill}, std::pair{before, options_.fence_fill},
          std::pair{behind, options_.fence_fill}}) {
        const auto where = find_overwritten(range, fill);
        if (where && !is_wrong) {
            is_wrong = true;
            message = composed([&, expected = fill] {
                return debug_report{title_text(),
                                    block.state == block_state::released
                                        ? "a block was written to after release()"
                                        : "a block was written to after it was freed",
                                    options_.stack_depth}
                    .block(block)
                    .row("overwritten", range_text(*where, block))
                    .hex(*where, expected, block.begin, whole)
                    .calls("found", here.all())
                    .calls(block.state == block_state::released ? "released" : "freed",
                           block.freed_by())
                    .calls("allocated", block.allocated_by())
                    .text();
            });
        }
        std::ranges::fill(range, fill);
    }
    memory.hide(block.begin, block.as());
    if (is_wrong) {
        report(finding::write_after_free, throwing, [&] { return message; });
    }
}

void debug_base::check_live(const calls_here& here, may_throw throwing) {
    const debug_index index{blocks_};
    for (debug_block* each = index.first(); each != nullptr; each = index.next(*each)) {
        each->check();
        if (each->state == block_state::live) {
            check_fences(*each, here, throwing);
        }
    }
}

debug_block* debug_base::around(const void* address) const noexcept {
    auto& self = const_cast<debug_base&>(*this);
    const debug_index index{self.blocks_};
    const debug_memory memory{options_, *upstream_};
    const auto holds = [&](debug_block* block) {
        if (block == nullptr) {
            return false;
        }
        const std::byte* begin = memory.before(block->begin, block->as()).data();
        const std::byte* last = block->end() + memory.behind(block->begin, block->as()).size();
        return !std::less<>{}(address, begin) && std::less<>{}(address, last);
    };
    if (debug_block* before = index.before(address); holds(before)) {
        return before;
    }
    debug_block* after = index.after(address);
    return holds(after) ? after : nullptr;
}

// --- blocks
// ---------------------------------------------------------------------------------------

std::size_t debug_base::whole_record_bytes() const noexcept {
    static_assert(sizeof(debug_block) == record_bytes);
    return sizeof(debug_block) + 2 * most_calls_ * sizeof(void*);
}

void* debug_base::make_block(layout wanted, const calls_here& here) {
    const debug_memory memory{options_, *upstream_};
    // The block comes first: what is too large for it is refused without a call for a record.
    std::byte* const begin = memory.take(wanted);
    void* record = nullptr;
    try {
        record = allocate_from(*upstream_, whole_record_bytes(), alignof(debug_block));
    } catch (...) {
        memory.expose(begin, wanted);
        memory.give_back(begin, wanted);
        throw;
    }
    auto* block = ::new (record) debug_block{begin, wanted, ++allocations_, most_calls_};
    block->allocation_calls = here.copy_to(block->room_for_allocation());
    debug_index{blocks_}.insert(*block);
    live_bytes_ += wanted.size;
    ++live_blocks_;
    peak_bytes_ = std::max(peak_bytes_, live_bytes_);
    held_bytes_ += whole_record_bytes() + memory.held_bytes(wanted);
    return begin;
}

// Of a block that is in no list any more.
void debug_base::destroy(debug_block& block) noexcept {
    const debug_memory memory{options_, *upstream_};
    const layout as = block.as();
    std::byte* const begin = block.begin;
    debug_index{blocks_}.erase(block);
    held_bytes_ -= whole_record_bytes() + memory.held_bytes(as);
    block.~debug_block();
    memory.expose(begin, as);
    upstream_->deallocate(&block, whole_record_bytes(), alignof(debug_block));
    memory.give_back(begin, as);
}

void debug_base::quarantine(debug_block& block, const calls_here& here) {
    const debug_memory memory{options_, *upstream_};
    block.free_calls = here.copy_to(block.room_for_free());
    live_bytes_ -= block.bytes;
    --live_blocks_;
    if (options_.guard == guard_page::none) {
        memory.expose(block.begin, block.as());
        std::fill_n(block.begin, block.bytes, options_.freed_fill);
        memory.hide(block.begin, block.as());
    } else {
        memory.lock(block.begin, block.as());
    }
    (oldest_ == nullptr ? oldest_ : newest_->next) = &block;
    newest_ = &block;
    quarantined_bytes_ += whole_record_bytes() + memory.held_bytes(block.as());
}

void debug_base::evict_while_over(std::size_t most, const calls_here& here, may_throw throwing) {
    // A message that is being composed is about blocks that must stay until it is told.
    while (quarantined_bytes_ > most && oldest_ != nullptr && now_said.by != this) {
        debug_block& block = *oldest_;
        block.check();
        check_freed(block, here, throwing);
        oldest_ = block.next;
        newest_ = oldest_ == nullptr ? nullptr : newest_;
        quarantined_bytes_ -=
            whole_record_bytes() + debug_memory{options_, *upstream_}.held_bytes(block.as());
        destroy(block);
    }
}

// --- the calls
// ------------------------------------------------------------------------------------

debug_base::debug_base(const debug& options, std::pmr::memory_resource* upstream)
    : debug_life{options.name},
      upstream_{upstream},
      options_{bounded(options)},
      most_calls_{options_.stack_depth == 0 ? 0 : options_.stack_depth + unshown_calls} {
    begin(this);
    options_.name = plain_name();
    debug_index::make_empty(blocks_);
    if (options.one_thread) {
        tie_to_this_thread();
    }
    debug_registry::add(*this);
}

[[gnu::noinline]] void* debug_base::allocate_block(std::size_t bytes, std::size_t alignment) {
    if (has_ended()) {
        report_ended(title_text(), "allocate", bytes, alignment);
        throw std::bad_alloc{};
    }
    const calls_here here{*this};
    const visit inside{*this, call::allocate, here, may_throw::yes};
    if (inside.is_refused()) {
        throw std::bad_alloc{};
    }
    if (!std::has_single_bit(alignment)) {
        report(finding::bad_alignment, may_throw::yes, [&] {
            return debug_report{title_text(), "an alignment is no power of two",
                                options_.stack_depth}
                .row("asked for", bytes_text(bytes) + " aligned to " + std::to_string(alignment))
                .calls("called", here.all())
                .text();
        });
        throw std::bad_alloc{};
    }
    try {
        return make_block({bytes, alignment}, here);
    } catch (const std::bad_alloc&) {
        if (oldest_ == nullptr || now_said.by == this) {
            throw;
        }
    }
    // The quarantine gives way before a request is refused.
    evict_while_over(0, here, may_throw::yes);
    return make_block({bytes, alignment}, here);
}

[[gnu::noinline]] void debug_base::deallocate_block(void* at, std::size_t bytes,
                                                    std::size_t alignment) noexcept {
    if (has_ended()) {
        report_ended(title_text(), "deallocate", bytes, alignment);
        return;
    }
    const calls_here here{*this};
    const visit inside{*this, call::deallocate, here, may_throw::no};
    if (inside.is_refused()) {
        return;
    }
    debug_block* const block = debug_index{blocks_}.find(at);
    if (block == nullptr) {
        report_wrong_free(at, {bytes, alignment}, here);
        return;
    }
    if (block->state != block_state::live) {
        const bool was_released = block->state == block_state::released;
        report(was_released ? finding::freed_after_release : finding::double_free, may_throw::no,
               [&] {
                   return debug_report{title_text(),
                                       was_released ? "a block is freed after release() gave it up"
                                                    : "a block is freed twice",
                                       options_.stack_depth}
                       .block(*block)
                       .calls(was_released ? "freed" : "freed again", here.all())
                       .calls(was_released ? "released" : "freed first", block->freed_by())
                       .calls("allocated", block->allocated_by())
                       .text();
               });
        return;
    }
    const auto report_difference = [&](finding kind, const char* what) {
        report(kind, may_throw::no, [&] {
            return debug_report{title_text(), what, options_.stack_depth}
                .block(*block)
                .row("freed as", bytes_text(bytes) + " aligned to " + std::to_string(alignment))
                .calls("freed", here.all())
                .calls("allocated", block->allocated_by())
                .text();
        });
    };
    if (bytes != block->bytes) {
        report_difference(finding::wrong_size, "a block is freed with another size");
    }
    if (alignment != block->alignment) {
        report_difference(finding::wrong_alignment, "a block is freed with another alignment");
    }
    check_fences(*block, here, may_throw::no);
    block->state = block_state::freed;
    quarantine(*block, here);
    evict_while_over(options_.quarantine, here, may_throw::no);
}

[[gnu::noinline]] std::size_t debug_base::check() {
    const std::size_t before = findings();
    const calls_here here{*this};
    const visit inside{*this, call::check, here, may_throw::yes};
    if (!inside.is_refused()) {
        check_live(here, may_throw::yes);
        for (debug_block* each = oldest_; each != nullptr; each = each->next) {
            each->check();
            check_freed(*each, here, may_throw::yes);
        }
    }
    return findings() - before;
}

[[gnu::noinline]] std::size_t debug_base::report_leaks() {
    const calls_here here{*this};
    const visit inside{*this, call::check, here, may_throw::no};
    const std::size_t live = live_blocks_;
    if (!inside.is_refused()) {
        report_live();
    }
    return live;
}

[[gnu::noinline]] void debug_base::release() {
    const calls_here here{*this};
    const visit inside{*this, call::release, here, may_throw::yes};
    if (inside.is_refused()) {
        return;
    }
    check_live(here, may_throw::yes);
    const debug_index index{blocks_};
    for (debug_block* each = index.first(); each != nullptr; each = index.next(*each)) {
        if (each->state == block_state::live) {
            each->state = block_state::released;
            quarantine(*each, here);
        }
    }
    evict_while_over(options_.quarantine, here, may_throw::yes);
}

[[gnu::noinline]] void debug_base::flush() {
    const calls_here here{*this};
    const visit inside{*this, call::flush, here, may_throw::yes};
    if (!inside.is_refused()) {
        evict_while_over(0, here, may_throw::yes);
    }
}

debug_base::~debug_base() {
    debug_registry::remove(*this);
    const calls_here here{*this};
    const visit inside{*this, call::end, here, may_throw::no};
    if (std::pmr::get_default_resource() == this) {
        report(finding::default_resource, may_throw::no, [&] {
            return debug_report{title_text(), "it is the default resource at its end",
                                options_.stack_depth}
                .row("so", "std::pmr::set_default_resource was not undone, or out of order")
                .row("from now on", "the default is std::pmr::new_delete_resource() again")
                .calls("ended", here.all())
                .text();
        });
        std::pmr::set_default_resource(nullptr);
    }
    check_live(here, may_throw::no);
    if (options_.leaks) {
        report_live();
    }
    const debug_index index{blocks_};
    evict_while_over(0, here, may_throw::no);
    while (debug_block* left = index.first()) {
        destroy(*left);
    }
}

// --- what is known
// --------------------------------------------------------------------------------

ownership debug_base::owns(const void* block) const noexcept {
    const reading now{*this};
    auto& self = const_cast<debug_base&>(*this);
    const debug_block* found = debug_index{self.blocks_}.find(block);
    return found != nullptr && found->state == block_state::live ? ownership::yes : ownership::no;
}

usage debug_base::usage() const noexcept {
    const reading now{*this};
    return {.live_bytes = live_bytes_,
            .live_blocks = live_blocks_,
            .peak_bytes = peak_bytes_,
            .reserved_bytes = held_bytes_};
}

}  // namespace strata::detail
