// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/detail/debug_base.hpp>

#include <algorithm>
#include <bit>
#include <new>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/core/detail/title.hpp>
#include <strata/core/option_list.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>

#include "debug_faults.hpp"
#include "debug_index.hpp"
#include "debug_memory.hpp"
#include "debug_registry.hpp"
#include "debug_report.hpp"
#include "debug_visit.hpp"
#include "detail/shield.hpp"

namespace strata::detail {
namespace {

constexpr std::size_t largest_fence = std::size_t{1} << 16;

debug bounded(debug options, std::size_t most_shown_calls) {
    options.fence = std::min(options.fence, largest_fence);
    options.stack_depth = std::min(options.stack_depth, most_shown_calls);
    return options;
}

}  // namespace

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
        const foreign_call to_upstream;
        record = allocate_from(*upstream_, whole_record_bytes(), alignof(debug_block));
    } catch (...) {
        memory.give_back(begin, wanted);
        throw;
    }
    make_sure_unused(memory.from_upstream(begin, wanted), here);
    make_sure_unused({static_cast<std::byte*>(record), whole_record_bytes()}, here);
    memory.prepare(begin, wanted);
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
    const shield here;  // the upstream may do what cancels a thread
    const debug_memory memory{options_, *upstream_};
    const layout as = block.as();
    std::byte* const begin = block.begin;
    debug_index{blocks_}.erase(block);
    held_bytes_ -= whole_record_bytes() + memory.held_bytes(as);
    block.break_seal();
    memory.expose(begin, as);
    {
        const foreign_call to_upstream;
        upstream_->deallocate(&block, whole_record_bytes(), alignof(debug_block));
    }
    memory.give_back(begin, as);
}

void debug_base::quarantine(debug_block& block, const calls_here& here) {
    const debug_memory memory{options_, *upstream_};
    block.free_calls = here.copy_to(block.room_for_free());
    live_bytes_ -= block.bytes;
    --live_blocks_;
    if (options_.guard == guard_page::none) {
        memory.expose(block.begin, block.as());
        memory.freed_fill(block.begin).write({block.begin, block.bytes});
        memory.hide(block.begin, block.as());
    } else {
        memory.lock(block.begin, block.as());
    }
    if (is_too_large_to_stay(block)) {
        block.next = oldest_;
        oldest_ = &block;
        newest_ = newest_ == nullptr ? &block : newest_;
    } else {
        (oldest_ == nullptr ? oldest_ : newest_->next) = &block;
        newest_ = &block;
    }
    quarantined_bytes_ += bytes_in_quarantine(block);
}

std::size_t debug_base::bytes_in_quarantine(const debug_block& block) const noexcept {
    return whole_record_bytes() + debug_memory{options_, *upstream_}.held_bytes(block.as());
}

// It is kept until the next block is freed, besides what else is in quarantine, and leaves first.
bool debug_base::is_too_large_to_stay(const debug_block& block) const noexcept {
    return options_.quarantine != 0 && bytes_in_quarantine(block) > options_.quarantine;
}

void debug_base::evict_while_over(std::size_t most, const calls_here& here, may_throw throwing) {
    // A message that is being composed is about blocks that must stay until it is told.
    while (quarantined_bytes_ > most && oldest_ != nullptr && !says::is_something(this)) {
        debug_block& block = *oldest_;
        block.check();
        check_freed(block, here, throwing);
        oldest_ = block.next;
        newest_ = oldest_ == nullptr ? nullptr : newest_;
        quarantined_bytes_ -= bytes_in_quarantine(block);
        ++forgotten_;
        destroy(block);
    }
}

// --- the calls
// ------------------------------------------------------------------------------------

debug_base::debug_base(const debug& options, std::pmr::memory_resource* upstream)
    : block_checker{options.name},
      upstream_{upstream},
      options_{bounded(options, most_shown_calls)},
      most_calls_{options_.stack_depth == 0 ? 0 : options_.stack_depth + unshown_calls} {
    text_writer{title_}.printable(detail::title{debug::layer_name, options.name}.text());
    debug_index::make_empty(blocks_);
    if (options.one_thread) {
        tie_to_this_thread();
    }
    debug_registry::add(*this);
    if (options.at_exit) {
        debug_registry::add_for_exit(*this);
    }
    if (options.faults) {
        debug_faults::watch(*this);
    }
}

[[gnu::noinline]] void* debug_base::allocate_block(std::size_t bytes, std::size_t alignment) {
    const calls_here here{*this};
    return serve({bytes, alignment}, here, may_throw::yes);
}

// What is found is reported, since nobody would hear of an exception.
[[gnu::noinline]] void* debug_base::try_allocate_block(layout wanted) noexcept {
    const shield uncancelled;
    const calls_here here{*this};
    try {
        const attempt now;
        return serve(wanted, here, may_throw::no);
    } catch (...) {
        return nullptr;
    }
}

void* debug_base::serve(layout wanted, const calls_here& here, may_throw throwing) {
    const visit inside{*this, call::allocate, here, throwing};
    if (inside.is_refused()) {
        raise_no_memory();
    }
    if (!std::has_single_bit(wanted.alignment)) {
        report(finding::bad_alignment, throwing, [&] {
            return debug_report{title_text(), "an alignment is no power of two",
                                options_.stack_depth}
                .row("asked for",
                     bytes_text(wanted.size) + " aligned to " + decimal(wanted.alignment))
                .calls("called", here.all())
                .text();
        });
        raise_no_memory();
    }
    try {
        const attempt now;
        return make_block(wanted, here);
    } catch (const std::bad_alloc& error) {
        if (oldest_ == nullptr || says::is_something(this)) {
            end_if_raised(error);
            throw;
        }
    }
    // The quarantine gives way before a request is refused.
    evict_while_over(0, here, throwing);
    return make_block(wanted, here);
}

[[gnu::noinline]] void debug_base::deallocate_block(void* at, std::size_t bytes,
                                                    std::size_t alignment) noexcept {
    const calls_here here{*this};
    visit inside{*this, call::deallocate, here, may_throw::no};
    if (inside.is_refused()) {
        return;
    }
    inside.looks().for_the_free_of(at, {bytes, alignment});
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
                .row("freed as", bytes_text(bytes) + " aligned to " + decimal(alignment))
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
    evict_while_over(options_.quarantine, here, may_throw::no);
    quarantine(*block, here);
    if (!is_too_large_to_stay(*block)) {
        evict_while_over(options_.quarantine, here, may_throw::no);
    }
}

// Leaves a block alone that is not live or has another layout: its free reports that.
[[gnu::noinline]] bool debug_base::try_expand_block(void* at, layout as,
                                                    std::size_t bytes) noexcept {
    const calls_here here{*this};
    const visit inside{*this, call::expand, here, may_throw::no};
    debug_block* const block = inside.is_refused() ? nullptr : debug_index{blocks_}.find(at);
    if (block == nullptr || block->state != block_state::live || block->as() != as) {
        return false;
    }
    check_fences(*block, here, may_throw::no);
    const debug_memory memory{options_, *upstream_};
    if (!memory.try_expand(block->begin, as, bytes)) {
        return false;
    }
    block->resize(bytes);
    live_bytes_ += bytes - as.size;
    peak_bytes_ = std::max(peak_bytes_, live_bytes_);
    held_bytes_ += memory.held_bytes(block->as()) - memory.held_bytes(as);
    return true;
}

[[gnu::noinline]] std::size_t debug_base::check() {
    const std::size_t before = findings();
    const calls_here here{*this};
    const visit inside{*this, call::check, here, may_throw::yes};
    if (!inside.is_refused()) {
        check_live(here, may_throw::yes);
        check_quarantined(here, may_throw::yes);
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
    // While this says what it finds, others need a default resource that works.
    const bool is_default = std::pmr::get_default_resource() == this;
    if (is_default) {
        std::pmr::set_default_resource(nullptr);
    }
    // What was overwritten comes first and what is left comes last: the first finding may end the
    // program.
    check_live(here, may_throw::no);
    evict_while_over(0, here, may_throw::no);
    if (is_default || was_layer_of_default_) {
        report(finding::default_resource, may_throw::no, [&] {
            return debug_report{title_text(),
                                is_default ? "it is the default resource at its end"
                                           : "a resource of which it is a layer is the default "
                                             "resource at its end",
                                options_.stack_depth}
                .row("so", "std::pmr::set_default_resource was not undone, or out of order")
                .row("from now on", "the default is std::pmr::new_delete_resource() again")
                .calls("ended", here.all())
                .text();
        });
    }
    if (options_.leaks) {
        report_live();
    }
    const debug_index index{blocks_};
    while (debug_block* left = index.first()) {
        destroy(*left);
    }
}

void debug_base::default_resource_ends() noexcept {
    std::pmr::set_default_resource(nullptr);
    was_layer_of_default_ = true;
}

[[gnu::noinline]] std::size_t debug_base::check_at_exit(bool leaks) noexcept {
    const calls_here here{*this};
    const visit inside{*this, call::exit, here, may_throw::no};
    const std::size_t live = live_blocks_;
    if (!inside.is_refused()) {
        check_live(here, may_throw::no);
        check_quarantined(here, may_throw::no);
        if (leaks) {
            report_live();
        }
    }
    return live;
}

// --- what is known
// --------------------------------------------------------------------------------

ownership debug_base::do_owns(const void* block) const noexcept {
    const reading now{*this};
    auto& self = const_cast<debug_base&>(*this);
    const debug_block* found = debug_index{self.blocks_}.find(block);
    return found != nullptr && found->state == block_state::live ? ownership::yes : ownership::no;
}

const void* debug_base::do_part(type_key wanted) const noexcept {
    const void* const checker = as_part<block_checker>(this, wanted);
    return checker != nullptr ? checker : as_part(this, wanted);
}

void debug_base::do_list_options(option_list& to) const {
    to.add(options_);
}

usage debug_base::do_usage() const noexcept {
    const reading now{*this};
    return {.live_bytes = live_bytes_,
            .live_blocks = live_blocks_,
            .used_bytes = live_bytes_,
            .peak_bytes = peak_bytes_,
            .reserved_bytes = held_bytes_};
}

}  // namespace strata::detail
