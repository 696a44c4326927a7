// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_CONFORMANCE_FAILING_SWEEP_HPP
#define STRATA_TESTS_CONFORMANCE_FAILING_SWEEP_HPP

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <cstdio>
#include <iostream>
#include <new>
#include <string>
#include <string_view>

#include <strata/diagnostics/misuse.hpp>

/// Work while each allocation of the program's heap fails in turn. The program has a heap that asks
/// `fails` at each, and keeps count of what is live.
namespace failing_heap {

// Of this thread alone: Boost.Test has no others, but a sanitizer might.
inline constinit thread_local std::size_t until_failure = 0;  // 0: none to come
inline constinit thread_local std::ptrdiff_t live = 0;

inline bool fails() noexcept {
    return until_failure != 0 && --until_failure == 0;
}

/// What is reported to `strata::misuse`, or to this, kept without the heap.
class report {
public:
    report() : before_{strata::set_misuse_handler(keep)} { text_[0] = '\0'; }
    report(const report&) = delete;
    report& operator=(const report&) = delete;
    ~report() { strata::set_misuse_handler(before_); }

    static void keep(const char* said) noexcept {
        std::snprintf(text_.data(), text_.size(), "%s", said);
    }
    [[nodiscard]] static std::string_view text() noexcept { return text_.data(); }

private:
    inline static std::array<char, 1000> text_{};
    strata::misuse_handler before_;
};

/// Where nothing fails, `work` says something, which must be the same each time.
template <class Work>
void sweep(const char* name, const Work& work) {
    const std::string right = work();
    std::size_t refused = 0;
    std::size_t nth = 1;
    for (bool has_failed = true; has_failed; ++nth) {
        BOOST_TEST_REQUIRE(nth < 100'000u);
        const std::ptrdiff_t before = live;
        until_failure = nth;
        try {
            const std::string said = work();
            has_failed = until_failure == 0;
            until_failure = 0;
            // What goes on without memory may say less, but what it does not need it for is right.
            if (!has_failed && said != right) {
                BOOST_ERROR(name << " said " << said << ", not " << right);
            }
        } catch (const std::bad_alloc&) {
            ++refused;
        }
        until_failure = 0;
        BOOST_TEST_REQUIRE(live == before,
                           name << " lost " << live - before << " blocks at allocation " << nth);
    }
    BOOST_TEST(work() == right);
    std::cout << name << ": " << nth - 1 << " allocations, " << refused << " refused\n";
}

/// The same of what must report something, be there memory or not: `work` makes the report.
template <class Work>
void sweep_report(const char* name, std::string_view begins, const Work& work) {
    sweep(name, [&] {
        const report kept;
        work();
        const std::size_t armed = until_failure;
        until_failure = 0;
        BOOST_TEST(report::text().starts_with(begins), name << " reported " << report::text());
        // The calls below the first line are others from one call of this to the next.
        std::string said{report::text().substr(0, report::text().find('\n'))};
        until_failure = armed;
        return said;
    });
}

}  // namespace failing_heap

#endif
