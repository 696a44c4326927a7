// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_FALLBACK_RESOURCE_HPP
#define STRATA_ADAPTORS_FALLBACK_RESOURCE_HPP

#include <cstddef>
#include <limits>
#include <memory_resource>
#include <span>
#include <string_view>

#include <strata/adaptors/detail/upstream_calls.hpp>
#include <strata/adaptors/detail/upstreams.hpp>
#include <strata/core/detail/allocate_from.hpp>
#include <strata/core/detail/guard.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/poison.hpp>

namespace strata {

namespace detail {

struct named_fallback {
    static constexpr std::string_view layer_name = "fallback";
};

/// How to find the resource that a block is from.
struct telling_apart {
    bool by_owns = false;    // else each block has a mark
    std::size_t default_to;  // the resource of a block that no other one owns
};
[[nodiscard]] telling_apart tell_apart(std::span<std::pmr::memory_resource* const> all) noexcept;

}  // namespace detail

/// Tries several resources in order until one has the memory.
///
///     strata::fixed_buffer_resource<4096> local;
///     strata::fallback_resource memory{&local, strata::system_heap()};  // or any number of them
///     std::pmr::string text{&memory};
///
/// Routing: a request goes to the first resource; if that throws `std::bad_alloc` to the next, and
/// so on. A block goes back to the resource that made it. The constructor chooses between two ways
/// to find that resource (`marks_blocks()`). `owns` decides if at most one of the resources cannot
/// answer it (the heap cannot), and no two draw from a common resource that can. Otherwise each
/// block has a mark: one more byte behind it, with the number of its resource.
/// `try_expand` asks the resource that made the block.
/// Lifetime: holds no blocks. The resources must outlive it. If `owns` decides, a block must not be
/// freed after its resource has released it. A resource that is not this library's must not draw
/// from one of the others.
/// Overhead: none a block if `owns` decides, else 1 byte, before the resource rounds up; 48 bytes
/// for the object and 8 a resource.
/// Complexity: `allocate` O(resources). A refusal on the way costs an exception, unless the
/// resource has a type that refuses without one: heap, pages, buffers, `bounded_time`, and `limit`
/// over those. `deallocate` O(1) if blocks are marked, else an `owns` of all resources but one:
/// over an arena or a pool, O(chunks).
/// Errors: every exception of the last resource passes through, and every one of the others except
/// `std::bad_alloc`. No state is changed.
/// Threads: as the resources, `owns` included.
template <class... Upstreams>
class fallback_resource
    : public detail::adaptor_of_several<fallback_resource<Upstreams...>, detail::named_fallback,
                                        Upstreams...> {
public:
    explicit fallback_resource(Upstreams*... upstreams STRATA_LIFETIME_BOUND)
        : fallback_resource{strata::label{}, upstreams...} {}
    explicit fallback_resource(const strata::label& name,
                               Upstreams*... upstreams STRATA_LIFETIME_BOUND)
        : fallback_resource::adaptor_of_several{name, upstreams...},
          home_{detail::tell_apart(upstreams_.pointers())} {}

    /// Whether each block has a byte with the number of its resource.
    [[nodiscard]] bool marks_blocks() const noexcept { return !home_.by_owns; }

protected:
    void* do_allocate(std::size_t bytes, std::size_t alignment) final {
        if (!marks_blocks()) {
            return serve({bytes, alignment}).block;
        }
        if (bytes == std::numeric_limits<std::size_t>::max()) {
            detail::raise_no_memory();
        }
        const served by = serve({bytes + 1, alignment});
        unsigned char* mark = static_cast<unsigned char*>(by.block) + bytes;
        *mark = static_cast<unsigned char>(by.index);
        detail::poison(mark, 1);
        detail::announce(by.block, bytes);
        return by.block;
    }

    // The mark stands right behind the bytes asked for, so only the exact size leads to it.
    [[nodiscard]] std::size_t do_usable_size(const void* block,
                                             layout as) const noexcept override {
        return marks_blocks() ? as.size : upstreams_.call_with(owner_of(block), [&](auto& of) {
            return detail::usable_size(of, block, as);
        });
    }
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override {
        if (!marks_blocks()) {
            return expand(owner_of(block), block, as, bytes);
        }
        if (bytes == std::numeric_limits<std::size_t>::max()) {
            return false;
        }
        auto* const begin = static_cast<unsigned char*>(block);
        detail::unpoison(begin + as.size, 1);
        const unsigned char mark = begin[as.size];
        const bool is_done = expand(mark, block, {as.size + 1, as.alignment}, bytes + 1);
        const std::size_t size = is_done ? bytes : as.size;
        begin[size] = mark;
        detail::announce_resized(block, as.size, size);
        detail::poison(begin + size, 1);
        return is_done;
    }

    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final {
        if (block == nullptr) [[unlikely]] {
            return detail::null_freed(*this, bytes);
        }
        if (!marks_blocks()) {
            give_back(owner_of(block), block, {bytes, alignment});
            return;
        }
        const unsigned char* mark = static_cast<unsigned char*>(block) + bytes;
        detail::unpoison(block, bytes + 1);
        give_back(*mark, block, {bytes + 1, alignment});
    }

private:
    friend typename fallback_resource::direct_calls;
    using fallback_resource::adaptor_of_several::upstreams_;

    static_assert(sizeof...(Upstreams) <= 256, "strata: the mark of a block is one byte");

    struct served {
        void* block;
        std::size_t index;
    };

    template <std::size_t Index = 0>
    [[nodiscard]] served serve(layout wanted) {
        if constexpr (Index + 1 == sizeof...(Upstreams)) {
            auto& last = upstreams_.template get<Index>();
            return {detail::allocate_from(last, wanted.size, wanted.alignment), Index};
        } else {
            void* block = detail::try_allocate(upstreams_.template get<Index>(), wanted);
            return block != nullptr ? served{block, Index} : serve<Index + 1>(wanted);
        }
    }

    void give_back(std::size_t index, void* block, layout as) {
        upstreams_.call_with(index, [&](auto& to) { to.deallocate(block, as.size, as.alignment); });
    }

    [[nodiscard]] bool expand(std::size_t index, void* block, layout as,
                              std::size_t bytes) const noexcept {
        return upstreams_.call_with(
            index, [&](auto& of) { return detail::try_expand(of, block, as, bytes); });
    }

    template <std::size_t Index = 0>
    [[nodiscard]] std::size_t owner_of(const void* block) const noexcept {
        if constexpr (Index == sizeof...(Upstreams)) {
            return home_.default_to;
        } else {
            if (Index != home_.default_to &&
                detail::owns(upstreams_.template get<Index>(), block) == ownership::yes) {
                return Index;
            }
            return owner_of<Index + 1>(block);
        }
    }

    detail::telling_apart home_;
};

extern template class fallback_resource<std::pmr::memory_resource, std::pmr::memory_resource>;

}  // namespace strata

#endif
