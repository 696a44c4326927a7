// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_RESOURCE_HPP
#define STRATA_CORE_RESOURCE_HPP

#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <utility>

#include <strata/core/label.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/usage.hpp>
#include <strata/detail/same_containers.hpp>
#include <strata/detail/type_key.hpp>

namespace strata {

/// Whether a block came from a resource; `unknown` if the resource cannot tell.
enum class ownership { no, yes, unknown };

/// A block and how many bytes of it may be used.
struct sized_block {
    void* block = nullptr;
    std::size_t bytes = 0;
};

class resource;
class option_list;

namespace detail {

/// The object as a resource of this library; null for a resource of any other. Costs two virtual
/// calls. Needs no RTTI, since the program that made the object may have been compiled without.
[[nodiscard]] const resource* as_resource(const std::pmr::memory_resource& of) noexcept;

/// The part of a resource that is of the wanted type; null if the resource names no such part.
[[nodiscard]] const void* part(const std::pmr::memory_resource& of, type_key wanted) noexcept;

template <class Part>
[[nodiscard]] const Part* part_of(const std::pmr::memory_resource& of) noexcept {
    return static_cast<const Part*>(part(of, type_key::of<Part>()));
}
template <class Part>
[[nodiscard]] Part* part_of(std::pmr::memory_resource& of) noexcept {
    return const_cast<Part*>(part_of<Part>(std::as_const(of)));
}

}  // namespace detail

/// The base of every resource of this library: a `std::pmr::memory_resource` that can be asked for
/// its kind, its upstreams, its usage and whether it owns a block.
///
///     class my_resource : public strata::resource {
///         std::string_view do_name() const noexcept override { return "mine"; }
///         ...  // do_allocate and do_deallocate, as for any memory_resource
///     };
///
/// Each question is a function that calls a private virtual one, as in `std::pmr`. So a derived
/// class may have members called `name` or `usage`.
///
/// Equality is identity, unless a class overrides `do_equals`. `do_is_equal` is final, since the
/// library also recognises its own resources by it. A resource can be neither copied nor moved,
/// because containers hold its address.
class resource : public std::pmr::memory_resource {
public:
    resource(const resource&) = delete;
    resource& operator=(const resource&) = delete;
    ~resource() override;

    /// The kind of resource, in the words of a strategy text: "pool", "arena".
    [[nodiscard]] std::string_view name() const noexcept { return do_name(); }

    /// The name that was given to it: "orders". Empty if it has none. A stack has the name of its
    /// top layer.
    [[nodiscard]] const strata::label& label() const noexcept { return do_identity().label_; }

    /// A block as `allocate` serves it; null if `allocate` would throw.
    [[nodiscard]] void* try_allocate(layout wanted) noexcept { return do_try_allocate(wanted); }

    /// A block as `allocate` serves it, and how many bytes of it may be used: at least
    /// `wanted.size`. It may be freed with any size from `wanted.size` to that.
    [[nodiscard]] sized_block allocate_at_least(layout wanted) {
        void* const block = allocate(wanted.size, wanted.alignment);
        return {block, usable_size(block, wanted)};
    }
    /// How many bytes of a live block may be used; `as` is the layout that it was asked for with.
    /// It may be freed with any size from `as.size` to the result.
    [[nodiscard]] std::size_t usable_size(const void* block, layout as) const noexcept {
        return do_usable_size(block, as);
    }
    /// Resizes a live block in place. Its contents stay, up to the smaller size. From then on its
    /// size is `bytes`. If the block cannot have that size, returns false and changes nothing.
    [[nodiscard]] bool try_expand(void* block, layout as, std::size_t bytes) noexcept {
        return bytes == as.size || do_try_expand(block, as, bytes);
    }

    /// The resource's upstreams in order, numbered from 0; null past the last.
    [[nodiscard]] std::pmr::memory_resource* upstream(std::size_t index) const noexcept {
        return do_upstream(index);
    }

    /// The resource that this one stands for: for a stack its top layer, otherwise itself.
    [[nodiscard]] const resource& identity() const noexcept { return do_identity(); }

    /// Whether the live block at `block` came from this resource.
    [[nodiscard]] ownership owns(const void* block) const noexcept { return do_owns(block); }

    /// What the resource knows of its use now. Never allocates.
    [[nodiscard]] strata::usage usage() const noexcept { return do_usage(); }

    /// Adds the options that differ from their defaults, in the words of a strategy text.
    void list_options(option_list& to) const { do_list_options(to); }

protected:
    resource() = default;
    explicit constexpr resource(const strata::label& name) noexcept : label_{name} {}

    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept final;

    /// For `do_part`: the object if it is of the wanted type, else null.
    template <class Self>
    [[nodiscard]] static const void* as_part(const Self* self, detail::type_key wanted) noexcept {
        return wanted == detail::type_key::of<Self>() ? self : nullptr;
    }

    /// For `do_deallocate`, if the block is a null pointer. Reports a misuse in checked builds and
    /// under tools that watch memory; otherwise does nothing.
    void null_freed(std::size_t bytes) const noexcept;

private:
    friend const void* detail::part(const std::pmr::memory_resource&, detail::type_key) noexcept;

    [[nodiscard]] virtual std::string_view do_name() const noexcept = 0;
    /// By default calls `do_allocate`, and returns null for whatever that throws. An override must
    /// not be a cancellation point.
    [[nodiscard]] virtual void* do_try_allocate(layout wanted) noexcept;
    /// By default returns `as.size`. An override may return more only if `do_deallocate` treats all
    /// sizes from `as.size` to the result alike. A resource that counts bytes does not.
    [[nodiscard]] virtual std::size_t do_usable_size(const void* block,
                                                     layout as) const noexcept;
    /// By default returns false. `bytes` is never the size that the block has already. As
    /// `do_try_allocate`, an override must not be a cancellation point.
    [[nodiscard]] virtual bool do_try_expand(void* block, layout as,
                                             std::size_t bytes) noexcept;
    [[nodiscard]] virtual std::pmr::memory_resource* do_upstream(std::size_t index) const noexcept;
    [[nodiscard]] virtual const resource& do_identity() const noexcept;
    [[nodiscard]] virtual ownership do_owns(const void* block) const noexcept;
    [[nodiscard]] virtual strata::usage do_usage() const noexcept;
    /// By default adds nothing. A class with a description and an option table adds the
    /// description.
    virtual void do_list_options(option_list& to) const;
    /// Whether either of the two resources may free blocks of the other.
    [[nodiscard]] virtual bool do_equals(const std::pmr::memory_resource& other) const noexcept;
    /// The part of this object that is of the wanted type; null if it has none. `find` and the
    /// library look for resources by such types. A class that derives from another resource also
    /// calls the `do_part` of its base.
    [[nodiscard]] virtual const void* do_part(detail::type_key wanted) const noexcept;

    strata::label label_;
};

/// A block of any resource; null if its `allocate` would throw. Calls `try_allocate` of a resource
/// of this library.
[[nodiscard]] void* try_allocate(std::pmr::memory_resource& from, layout wanted) noexcept;

/// The members of `resource` with these names, for any resource. For a resource of another library
/// the usable size is the size asked for, and no block is resized.
[[nodiscard]] sized_block allocate_at_least(std::pmr::memory_resource& from, layout wanted);
[[nodiscard]] std::size_t usable_size(const std::pmr::memory_resource& of, const void* block,
                                      layout as) noexcept;
[[nodiscard]] bool try_expand(std::pmr::memory_resource& of, void* block, layout as,
                              std::size_t bytes) noexcept;

/// Whether the live block at `block` came from `from`; `unknown` if `from` cannot tell.
[[nodiscard]] ownership owns(const std::pmr::memory_resource& from, const void* block) noexcept;

}  // namespace strata

#endif
