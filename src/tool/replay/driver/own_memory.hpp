// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_DRIVER_OWN_MEMORY_HPP
#define STRATA_TOOL_REPLAY_DRIVER_OWN_MEMORY_HPP

#include <sys/mman.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <type_traits>

namespace strata::tool::replay {

/// An array of zeros that does not come from the allocator that is being measured, and whose pages
/// are there from the beginning.
template <class Element>
class own_memory {
    static_assert(std::is_trivially_destructible_v<Element>);

public:
    explicit own_memory(std::size_t count) : count_{count} {
        if (count == 0) {
            return;
        }
        void* const pages = ::mmap(nullptr, count * sizeof(Element), PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (pages == MAP_FAILED) {
            throw std::bad_alloc{};
        }
        elements_ = static_cast<Element*>(pages);
    }
    own_memory(const own_memory&) = delete;
    own_memory& operator=(const own_memory&) = delete;
    ~own_memory() {
        if (count_ != 0) {
            (void)::munmap(elements_, count_ * sizeof(Element));
        }
    }

    [[nodiscard]] Element* data() const noexcept { return elements_; }
    [[nodiscard]] std::size_t size() const noexcept { return count_; }
    [[nodiscard]] Element& operator[](std::size_t at) const noexcept { return elements_[at]; }

private:
    Element* elements_ = nullptr;
    std::size_t count_;
};

}  // namespace strata::tool::replay

#endif
