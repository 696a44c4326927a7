// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "address_map.hpp"

#include <sys/mman.h>

#include <new>
#include <utility>

#include <strata/detail/round_up.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/poison.hpp>

#include "detail/shield.hpp"

#ifdef STRATA_ASAN
#include <sanitizer/lsan_interface.h>
#endif

namespace strata::detail {

static constexpr std::size_t slab_bytes = 65536;

node_pages::~node_pages() {
    const shield here;
    while (newest_slab_ != nullptr) {
#ifdef STRATA_ASAN
        if (search_ == leak_search::reads) {
            __lsan_unregister_root_region(newest_slab_, slab_bytes);
        }
#endif
        munmap(std::exchange(newest_slab_, newest_slab_->next), slab_bytes);
    }
}

void* node_pages::do_allocate(std::size_t bytes, std::size_t /*alignment*/) {
    if (free_ != nullptr) {
        return std::exchange(free_, free_->next);
    }
    constexpr std::size_t unit = alignof(std::max_align_t);
    const std::size_t size = round_up(bytes, unit);
    if (static_cast<std::size_t>(fresh_end_ - fresh_) < size) {
        const shield here;
        void* slab = mmap(nullptr, slab_bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (slab == MAP_FAILED) {
            raise_no_memory();
        }
#ifdef STRATA_ASAN
        if (search_ == leak_search::reads) {
            __lsan_register_root_region(slab, slab_bytes);
        }
#endif
        newest_slab_ = ::new (slab) node{newest_slab_};
        fresh_ = static_cast<std::byte*>(slab) + unit;
        fresh_end_ = static_cast<std::byte*>(slab) + slab_bytes;
    }
    return std::exchange(fresh_, fresh_ + size);
}

void node_pages::do_deallocate(void* freed, std::size_t /*bytes*/, std::size_t /*alignment*/) {
    free_ = ::new (freed) node{free_};
}

}  // namespace strata::detail
