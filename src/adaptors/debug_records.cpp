// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "debug_records.hpp"

#include <cstdint>
#include <new>

#include <strata/diagnostics/detail/caught.hpp>

namespace strata::detail {

debug_record* debug_records::add(std::byte* begin, layout as, std::uint64_t number) noexcept {
    void* const room = null_if_no_memory([&] { return memory_.allocate(record_bytes()); });
    if (room == nullptr) {
        return nullptr;
    }
    auto* const record = ::new (room) debug_record{.begin = begin,
                                                   .bytes = as.size,
                                                   .alignment = as.alignment,
                                                   .number = number,
                                                   .most_calls = most_calls_};
    if (!map_.insert(map::number(begin), record)) {
        memory_.deallocate(record, record_bytes());
        return nullptr;
    }
    return record;
}

void debug_records::remove(debug_record& record) noexcept {
    map_.erase(map_.find(map::number(record.begin)));
    memory_.deallocate(&record, record_bytes());
}

debug_record* debug_records::find(const void* begin) const noexcept {
    return at(map_.find(map::number(begin)));
}

debug_record* debug_records::last_up_to(const void* address) const noexcept {
    return at(map_.last_up_to(map::number(address)));
}

debug_record* debug_records::first_after(const void* address) const noexcept {
    const auto number = map::number(address);
    return number == UINTPTR_MAX ? nullptr : at(map_.first_from(number + 1));
}

}  // namespace strata::detail
