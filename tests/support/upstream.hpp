// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_UPSTREAM_HPP
#define STRATA_TESTS_SUPPORT_UPSTREAM_HPP

#include <boost/test/unit_test.hpp>

#include <cstddef>

#include <strata/testing/checking_resource.hpp>

namespace tests {

using upstream_failure = strata::checking_resource::foreign_failure;

/// A fixture with an upstream that must be used well and have everything back at the end.
struct upstream {
    strata::checking_resource below;

    upstream() = default;
    upstream(const upstream&) = delete;
    upstream& operator=(const upstream&) = delete;
    ~upstream() {
        for (const auto& error : below.errors()) {
            BOOST_ERROR(error);
        }
        BOOST_TEST(below.live_blocks() == 0u);
    }

    /// How often it was called, for memory or with it.
    [[nodiscard]] std::size_t calls() const {
        return below.requests().size() + below.deallocations();
    }
    /// From now on every request throws an `upstream_failure`.
    void fail() { below.fail_from(1, strata::checking_resource::failure::foreign); }
};

}  // namespace tests

#endif
