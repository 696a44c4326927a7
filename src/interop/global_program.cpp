// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/interop/detail/global_program.hpp>

#include <array>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <optional>

#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/threads/detail/fork_gate.hpp>
#include <strata/threads/detail/thread_record.hpp>

#include "detail/shield.hpp"

namespace strata::global::detail {

using strata::detail::record_of_this_thread;
using strata::detail::thread_word;
using strata::detail::word_of_record;

constinit std::atomic<std::pmr::memory_resource*> installed{nullptr};
constinit std::atomic<std::pmr::memory_resource*> initial{nullptr};
constinit std::atomic<std::uint32_t> begun_in{0};
constinit std::atomic<std::size_t> thread_resources{0};
constinit program_source source;
constinit function_names names;

// --- the fast paths ---------------------------------------------------------------------------

namespace {

constinit strata::detail::section_mutex limit_mutex;  // protects the values of the limits
constinit std::atomic<const maker*> made_by{nullptr};
constinit std::optional<std::size_t> found_limit;  // of `find_quick_limit`, which takes long

}  // namespace

void update_quick_limit() noexcept {
    const std::lock_guard lock{limit_mutex};
    if (const maker* const by = made_by.load()) {
        const bool is_usual = installed.load() == initial.load() && !source.is_watched() &&
                              thread_resources.load() == 0;
        if (is_usual && !found_limit) {
            found_limit = by->find_quick_limit();
        }
        by->quick_limit->store(is_usual ? *found_limit : 0, std::memory_order_release);
    }
}

// --- the first call ---------------------------------------------------------------------------

namespace {

[[noreturn]] void cannot_be_made(const char* why) noexcept {
    const strata::detail::shield here;
    std::array<char, 1024> text{};
    strata::detail::text_writer{text}.print(
        "the resource of %s could not be made: %s", names.made_by, why);
    strata::detail::say(text.data());
    std::abort();
}

std::pmr::memory_resource* made(std::pmr::memory_resource* (*make)()) noexcept {
    // While the resource is made, the heap serves.
    const inside_resource now;
    const strata::detail::shield here;
    try {
        const strata::detail::attempt now;
        return make();
    } catch (const std::exception& error) {
        cannot_be_made(error.what());
    } catch (...) {
        cannot_be_made("an exception that is no std::exception");
    }
}

}  // namespace

std::pmr::memory_resource* resource_or_heap(const maker& by) noexcept {
    if (this_thread.is_inside()) {
        return system_heap();
    }
    if (this_thread.route == new_route::own) {
        const auto own =
            word_of_record(*record_of_this_thread(), thread_word::new_resource).load();
        if (own != 0) {  // else the record of the thread has ended
            return reinterpret_cast<std::pmr::memory_resource*>(own);
        }
    }
    // If the program forks while another thread makes the resource, the child makes it again: by
    // `begun_in` it knows that the parent began.
    const std::uint32_t here = strata::detail::fork_gate::generation() + 1;
    if (installed.load(std::memory_order_acquire) == nullptr && begun_in.exchange(here) != here) {
        register_for_exit();
        std::pmr::memory_resource* const first = made(by.make);
        strata::detail::global_allocation_source.store(&source);
        initial.store(first);
        made_by.store(&by);
        installed.store(first, std::memory_order_release);
        update_quick_limit();
    }
    // Another thread may be making the resource.
    std::pmr::memory_resource* const to = installed.load(std::memory_order_acquire);
    return to == nullptr ? system_heap() : to;
}

void program_source::allocate_and_free_a_byte() {
    ::operator delete(::operator new(1));
}

// --- what is given back -----------------------------------------------------------------------

void give_back_to(std::pmr::memory_resource& owner, void* memory, layout whole) noexcept {
    if (&owner == system_heap()) {
        return owner.deallocate(memory, whole.size, whole.alignment);
    }
    const inside_resource now;
    owner.deallocate(memory, whole.size, whole.alignment);
}

}  // namespace strata::global::detail
