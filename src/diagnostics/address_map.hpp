// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_ADDRESS_MAP_HPP
#define STRATA_CORE_DETAIL_ADDRESS_MAP_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory_resource>

#include <strata/diagnostics/detail/caught.hpp>

namespace strata::detail {

/// Whether a search for leaks looks for addresses in some memory.
enum class leak_search { skips, reads };

/// Nodes of one size, on pages from the system: a checker must not allocate from the heaps that it
/// checks. The pages are kept until the end.
class node_pages : public std::pmr::memory_resource {
public:
    explicit node_pages(leak_search search = leak_search::skips) noexcept : search_{search} {}
    node_pages(const node_pages&) = delete;
    node_pages& operator=(const node_pages&) = delete;
    ~node_pages() override;

private:
    struct node {
        node* next;
    };

    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* freed, std::size_t bytes, std::size_t alignment) override;
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    [[maybe_unused]] const leak_search search_;  // for AddressSanitizer alone
    node* free_ = nullptr;
    node* newest_slab_ = nullptr;
    std::byte* fresh_ = nullptr;
    std::byte* fresh_end_ = nullptr;
};

/// Blocks of memory in the order of their addresses, each with a value. No two blocks overlap.
/// Addresses are stored inverted, so that a leak checker does not take this map for a reference to
/// a block.
template <class Value>
class address_map {
    using entries = std::pmr::map<std::uintptr_t, Value, std::greater<>>;

public:
    using iterator = typename entries::iterator;

    address_map() : entries_{&pages_} {}

    [[nodiscard]] static std::uintptr_t address_of(iterator at) noexcept { return ~at->first; }
    [[nodiscard]] static std::uintptr_t number(const void* address) noexcept {
        return reinterpret_cast<std::uintptr_t>(address);
    }

    iterator begin() noexcept { return entries_.begin(); }
    iterator end() noexcept { return entries_.end(); }
    iterator find(std::uintptr_t address) noexcept { return entries_.find(~address); }
    /// The last entry that begins at or before the address.
    iterator last_up_to(std::uintptr_t address) noexcept {
        iterator after = entries_.upper_bound(~address);
        return after == entries_.begin() ? entries_.end() : --after;
    }
    iterator first_from(std::uintptr_t address) noexcept { return entries_.lower_bound(~address); }
    iterator erase(iterator at) noexcept { return entries_.erase(at); }
    /// False if there is no memory for the entry.
    bool insert(std::uintptr_t address, const Value& value) noexcept {
        void* const inserted = null_if_no_memory([&] {
            entries_.insert_or_assign(~address, value);
            return this;
        });
        return inserted != nullptr;
    }
    void clear() noexcept { entries_.clear(); }

private:
    node_pages pages_;
    entries entries_;
};

}  // namespace strata::detail

#endif
