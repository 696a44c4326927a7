// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_BLOCK_CHECKER_HPP
#define STRATA_ADAPTORS_DETAIL_BLOCK_CHECKER_HPP

#include <cstddef>

#include <strata/core/resource.hpp>

namespace strata::detail {

/// A resource that checks its blocks and reports their misuse itself. Operator new and stacks look
/// for a checker among their layers, and leave reports to it.
class block_checker : public resource {
public:
    /// For the exit of the program: checks all blocks, reports those that are live and returns
    /// their number.
    virtual std::size_t check_at_exit() noexcept = 0;

    /// Called when a resource with this one as a layer ends and is still the default resource.
    virtual void default_resource_ends() noexcept = 0;

protected:
    using resource::resource;
};

/// Called by the destructor of a resource that contains its layers, before they end. If that
/// resource is the default one, tells the checker among the layers.
void tell_checker_of_end(const resource& whole) noexcept;

}  // namespace strata::detail

#endif
