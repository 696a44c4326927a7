// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include "attempt.hpp"
#include "battery.hpp"
#include "dice.hpp"
#include "subject.hpp"

namespace conformance {
namespace {

/// Takes, resizes and frees blocks at random, against the model that is the list of blocks in use.
class program {
public:
    explicit program(const recipe& of) : recipe_{of}, tested_{of} {
        tested_.upstream.leave_room(chance_.below(3) * 2048);
    }

    void run(std::size_t operations, bool with_failures) {
        BOOST_TEST_CONTEXT("STRATA_TEST_SEED=" << seed()) {
            for (std::size_t i = 0; i != operations; ++i) {
                if (with_failures && chance_.one_in(20)) {
                    disturb_upstream();
                }
                step();
            }
            tested_.check_contents();
            tested_.give_back_all();
            check_counts();
        }
    }

private:
    void step() {
        if (chance_.one_in(1000)) {
            wanted_blocks_ = chance_.below(2000);  // so that the resource grows and shrinks
        }
        const std::size_t live = tested_.blocks().size();
        if (recipe_.can_release && chance_.one_in(3000)) {
            tested_.release();
        } else if (live != 0 && chance_.one_in(6)) {
            resize(chance_.below(live));
        } else if (live == 0 || (live < wanted_blocks_) != chance_.one_in(4)) {
            take();
        } else {
            tested_.give_back(chance_.below(live));
        }
    }

    void take() {
        const strata::layout wanted = chance_.any_layout();
        const std::size_t failures = tested_.upstream.injected_failures();
        const outcome refused =
            tested_.allocates_next() ? expected_of(kind_) : outcome::bad_alloc;
        bool is_full = false;
        const outcome got = attempt([&] { is_full = !tested_.take(wanted); });
        if (got != outcome::served && tested_.upstream.injected_failures() == failures) {
            BOOST_FAIL("the upstream did not fail, but there came " << got);
        }
        if (got != outcome::served && got != refused) {
            BOOST_FAIL(refused << " became " << got);
        }
        if (is_full && chance_.one_in(8)) {
            tested_.clear();
        }
    }

    void resize(std::size_t index) {
        const std::size_t before = tested_.blocks()[index].asked.size;
        const std::size_t near = before / 2 + chance_.below(before + 64);
        (void)tested_.resize(index, chance_.one_in(4) ? chance_.any_layout().size : near);
    }

    // Each block was freed with a size that the resource can take off for it. (Of a layer below
    // `stats` that was released, `stats` knows nothing.)
    void check_counts() {
        const strata::resource* const known = strata::detail::as_resource(tested_.memory());
        const strata::usage now = known == nullptr ? strata::usage{} : known->usage();
        if (now.live_blocks == 0U) {
            BOOST_TEST(now.live_bytes.value_or(0) == 0U);
        }
    }

    void disturb_upstream() {
        kind_ = all_failures[chance_.below(std::size(all_failures))];
        switch (chance_.below(4)) {
            case 0:
                tested_.upstream.fail_from(1 + chance_.below(3), kind_);
                break;
            case 1:
                tested_.upstream.never_fail();
                break;
            default:
                tested_.upstream.fail_at(1 + chance_.below(3), kind_);
        }
    }

    const recipe& recipe_;
    subject tested_;
    dice chance_{seed()};
    std::size_t wanted_blocks_ = 100;
    failure kind_ = failure::bad_alloc;
};

void random_program(const recipe& of) {
    program{of}.run(of.operations, false);
}

void random_program_with_failures(const recipe& of) {
    program{of}.run(of.operations, true);
}

}  // namespace

std::vector<check> random_checks() {
    return {
        {"random_program", random_program},
        {"random_program_with_failures", random_program_with_failures, has_upstream},
    };
}

}  // namespace conformance
