// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/compose/scoped_default_resource.hpp>

#include <strata/core/misuse.hpp>

namespace strata {

scoped_default_resource::scoped_default_resource(std::pmr::memory_resource& use, at_end required)
    : installed_{&use} {
    if (required == at_end::nothing_live) {
        installed_ = &counter_.emplace(&use);
    }
    previous_ = std::pmr::set_default_resource(installed_);
}

scoped_default_resource::~scoped_default_resource() {
    if (std::pmr::get_default_resource() == installed_) {
        std::pmr::set_default_resource(previous_);
    } else {
        misuse("scoped_default_resource: another default resource is installed at the end of the "
               "scope; scopes must end in the reverse order of their beginnings");
    }
    if (counter_) {
        detail::report_live("scoped_default_resource", leak_policy::abort, counter_->snapshot());
    }
}

}  // namespace strata
