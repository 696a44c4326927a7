// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SOURCES_HEAP_RESOURCE_HPP
#define STRATA_SOURCES_HEAP_RESOURCE_HPP

#include <cstddef>
#include <string_view>
#include <tuple>

#include <strata/core/detail/layer.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/option_table.hpp>
#include <strata/core/resource.hpp>
#include <strata/core/thread_safety.hpp>

namespace strata {

class heap_resource;

/// Describes a `heap_resource`.
struct heap {
    label name = {};

    template <class Upstream>
    using resource_type = heap_resource;
    static constexpr bool is_source = true;
    static constexpr std::string_view layer_name = "heap";
    [[nodiscard]] static constexpr thread_safety threads() noexcept {
        return thread_safety::full;
    }
    static constexpr std::tuple<> option_table() { return {}; }

    friend constexpr bool operator==(const heap&, const heap&) = default;
};

/// The C heap as a memory resource: `malloc` and its family, never `operator new`.
///
///     std::pmr::vector<int> numbers{strata::system_heap()};
///
/// Routing: `malloc` serves alignments up to that of `std::max_align_t`, `posix_memalign` larger
/// ones. Some allocators, such as jemalloc, align a small block from `malloc` only to its own size:
/// `posix_memalign` serves those blocks too. Sizes are at most `PTRDIFF_MAX` bytes, alignments
/// below 1 TiB. A size of 0 takes 1 byte. `try_expand` keeps the block within the bytes that
/// `malloc` set aside for it, and shrinks it to no less than half of them.
/// Lifetime: holds no blocks. Blocks may outlive the object and may be freed through any other
/// `heap_resource`: all compare equal.
/// Overhead: none beside malloc's own (glibc: 8 bytes a block, rounded up to 16).
/// Complexity: malloc's.
/// Errors: `std::bad_alloc`. `try_allocate` returns null instead. `errno` is as before.
/// Threads: safe to use from any number of threads.
class heap_resource : public detail::layer<heap_resource, heap> {
public:
    constexpr heap_resource() = default;
    explicit constexpr heap_resource(const heap& description) noexcept
        : layer{description.name} {}
    ~heap_resource() override;

    [[nodiscard]] void* try_allocate(layout wanted) noexcept;

    [[nodiscard]] heap options() const noexcept { return {.name = label()}; }

    /// The usable size of a live block: at least the size asked for.
    [[nodiscard]] std::size_t block_size(const void* block) const noexcept;

protected:
    [[nodiscard]] bool do_equals(const std::pmr::memory_resource& other) const noexcept override;
    [[nodiscard]] void* do_try_allocate(layout wanted) noexcept override {
        return try_allocate(wanted);
    }
    [[nodiscard]] std::size_t do_usable_size(const void* block,
                                             layout /*as*/) const noexcept override {
        return block_size(block);
    }
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override;

    void* do_allocate(std::size_t bytes, std::size_t alignment) final;
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final;

private:
    friend direct_calls;
};

/// The `heap_resource` that always exists: blocks may be freed through it until the end of the
/// program.
///
/// Threads: safe to call from any, also before `main`.
[[nodiscard]] heap_resource* system_heap() noexcept;

}  // namespace strata

#endif
