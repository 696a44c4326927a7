// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_INTEROP_BOOST_PMR_HPP
#define STRATA_INTEROP_BOOST_PMR_HPP

#include <concepts>
#include <cstddef>
#include <memory_resource>
#include <string_view>

#include <boost/container/pmr/memory_resource.hpp>
#include <boost/container/pmr/polymorphic_allocator.hpp>

#include <strata/containers/deeply_pmr.hpp>
#include <strata/core/detail/layer.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/lifetime_bound.hpp>

namespace strata {

/// Makes any `std::pmr::memory_resource` a memory resource of Boost.Container.
///
///     strata::to_boost bridge{&memory};
///     boost::container::pmr::vector<int> numbers{&bridge};
///
/// Equal to every `to_boost` over an equal upstream: a block may be freed through any of them.
///
/// Routing: every call goes on to the upstream unchanged.
/// Lifetime: holds no blocks. The upstream must outlive it, and it the containers that use it.
/// Overhead: none a block; 16 bytes for the object; a virtual call.
/// Complexity, threads: those of the upstream.
/// Errors: what the upstream throws passes through.
class to_boost : public boost::container::pmr::memory_resource {
public:
    explicit to_boost(std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND) noexcept
        : upstream_{upstream} {}
    to_boost(const to_boost&) = delete;
    to_boost& operator=(const to_boost&) = delete;
    ~to_boost() override;

    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept {
        return upstream_;
    }

    /// Boost's own resource if the upstream is a `from_boost`, which saves both bridges; else this
    /// one.
    [[nodiscard]] boost::container::pmr::memory_resource* get() noexcept;

protected:
    void* do_allocate(std::size_t bytes, std::size_t alignment) final;
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final;
    [[nodiscard]] bool do_is_equal(
        const boost::container::pmr::memory_resource& other) const noexcept final;

private:
    std::pmr::memory_resource* upstream_;
};

/// Makes any memory resource of Boost.Container's a standard one, and a layer to build on.
///
///     boost::container::pmr::unsynchronized_pool_resource boost_pool;
///     strata::from_boost bridge{&boost_pool};
///     strata::stack memory{strata::stats{}, strata::arena{}, &bridge};
///
/// Equal to every `from_boost` over an equal upstream: a block may be freed through any of them.
///
/// Routing: up to the alignment of `std::max_align_t`, every call goes to the upstream unchanged,
/// except that a size of 0 becomes 1. Boost's resources serve no larger alignment: some refuse,
/// most return a misaligned block. So the bridge asks for a larger block and aligns inside it. Over
/// a `to_boost`, all calls go straight to its upstream.
/// Lifetime: holds no blocks. The upstream must outlive it, and it the containers that use it.
/// Overhead: none a block; for an alignment above that of `std::max_align_t`, as many bytes as the
/// alignment. 48 bytes for the object; a virtual call.
/// Complexity, threads: those of the upstream.
/// Errors: exceptions of the upstream pass through, but Boost's own out-of-memory exception becomes
/// `std::bad_alloc`. `std::bad_alloc` is also thrown for sizes over `PTRDIFF_MAX`, and if the
/// upstream returns null or a misaligned block, which is freed first. Known in Boost 1.74: after
/// its upstream refused a request, `monotonic_buffer_resource` asks for the same size at the next
/// one.
class from_boost : public detail::direct_calls<from_boost> {
public:
    explicit from_boost(
        boost::container::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND) noexcept;
    ~from_boost() override;

    [[nodiscard]] boost::container::pmr::memory_resource* upstream_resource() const noexcept {
        return upstream_;
    }

    /// The standard resource if the upstream is a `to_boost`, which saves both bridges; else this
    /// one.
    [[nodiscard]] std::pmr::memory_resource* get() noexcept;

protected:
    /// The upstream's type if it is one of Boost's own, as
    /// "boost::container::pmr::monotonic_buffer_resource".
    [[nodiscard]] std::string_view do_name() const noexcept override;
    /// The standard resource behind the upstream, if it is a `to_boost` or draws from one.
    [[nodiscard]] std::pmr::memory_resource* do_upstream(std::size_t index) const noexcept override;
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override;
    [[nodiscard]] std::size_t do_usable_size(const void* block,
                                             layout as) const noexcept override;
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override;

    void* do_allocate(std::size_t bytes, std::size_t alignment) final;
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final;
    [[nodiscard]] bool do_equals(const std::pmr::memory_resource& other) const noexcept override;
    [[nodiscard]] const void* do_part(detail::type_key wanted) const noexcept override;

private:
    friend direct_calls;

    void* ask(std::size_t bytes, std::size_t alignment);

    boost::container::pmr::memory_resource* upstream_;
    std::pmr::memory_resource* original_;  // behind the upstream, if that is a `to_boost`
};

/// The standard resource behind a `to_boost`; null for any other resource.
[[nodiscard]] std::pmr::memory_resource* unwrap(
    const boost::container::pmr::memory_resource& bridge) noexcept;

/// Boost's resource behind a `from_boost`; null for any other resource.
[[nodiscard]] boost::container::pmr::memory_resource* unwrap(
    const std::pmr::memory_resource& bridge) noexcept;

namespace detail {

/// Whether two resources are equal, also through bridges.
[[nodiscard]] bool is_same_resource(const boost::container::pmr::memory_resource& one,
                                    const std::pmr::memory_resource& other) noexcept;

// For `deeply_pmr` and `uses_resource`.
template <class Allocator>
requires std::derived_from<
    Allocator, boost::container::pmr::polymorphic_allocator<typename Allocator::value_type>>
struct pmr_family<Allocator> {
    using type = boost::container::pmr::polymorphic_allocator<std::byte>;

    [[nodiscard]] static bool is_on(const Allocator& one, const std::pmr::memory_resource& wanted) {
        return is_same_resource(*one.resource(), wanted);
    }
    [[nodiscard]] static const std::pmr::memory_resource* used_by(const Allocator& one) {
        return unwrap(*one.resource());
    }
};

}  // namespace detail

}  // namespace strata

#endif
