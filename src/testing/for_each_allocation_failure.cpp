// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/for_each_allocation_failure.hpp>

#include <cxxabi.h>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/testing/checking_resource.hpp>
#include <strata/testing/failing_resource.hpp>
#include <strata/testing/unchanged_on_failure.hpp>
#include <strata/threads/detail/thread_record.hpp>

#include "detail/shield.hpp"

namespace strata {
namespace {

using scenario_function = std::function<void(std::pmr::memory_resource&)>;

// How one run of the scenario went.
struct run {
    std::size_t allocations = 0;
    std::optional<injected_failure> failed;
    std::exception_ptr thrown;
    bool threw_the_failure = false;
    std::string thrown_text;
    std::string misuse;  // the first
    std::size_t live_blocks = 0;
    std::size_t live_bytes = 0;
    bool state_changed = false;
};

// The flag of the run that this thread is in; an `unchanged_on_failure` sets it.
bool* state_changed_of_run() noexcept {
    return reinterpret_cast<bool*>(
        detail::word_of_this_thread(detail::thread_word::state_changed).load());
}

bool* tell_of_state(bool* changed) noexcept {
    return detail::exchange_word(detail::thread_word::state_changed, changed);
}

class telling_of_state {
public:
    explicit telling_of_state(bool& changed)
        : outer_{tell_of_state(&changed)} {}
    telling_of_state(const telling_of_state&) = delete;
    telling_of_state& operator=(const telling_of_state&) = delete;
    ~telling_of_state() { (void)tell_of_state(outer_); }

private:
    bool* outer_;
};

// Call it in a `catch`.
std::string type_of_exception() {
    int status = 0;
    const char* mangled = abi::__cxa_current_exception_type()->name();
    const std::unique_ptr<char, decltype(&std::free)> readable{
        abi::__cxa_demangle(mangled, nullptr, nullptr, &status), &std::free};
    return status == 0 ? readable.get() : mangled;
}

run run_with(const failing& plan, const scenario_function& scenario, const failure_sweep& options) {
    const std::string before = options.probe ? options.probe() : std::string{};
    checking_resource checker;
    checker.allow_zero_sizes();
    checker.allow_threads();
    static_cast<void>(checker.errors());  // its findings are for the report only
    failing_resource memory{plan, &checker};
    run result;
    const detail::shield here;  // a cancellation must not be caught
    try {
        const detail::attempt now;
        const telling_of_state telling{result.state_changed};
        scenario(memory);
    } catch (const injected_failure& failure) {
        result.thrown = std::current_exception();
        result.threw_the_failure = failure.originator() == &memory;
        result.thrown_text = failure.what();
    } catch (const std::exception& e) {
        result.thrown = std::current_exception();
        result.thrown_text = type_of_exception() + " (" + e.what() + ")";
    } catch (...) {
        result.thrown = std::current_exception();
        result.thrown_text = type_of_exception();
    }
    result.allocations = memory.allocations();
    result.failed = memory.first_failure();
    if (!checker.errors().empty()) {
        result.misuse = checker.errors().front();
    }
    result.live_blocks = checker.live_blocks();
    result.live_bytes = checker.live_bytes();
    if (result.failed && result.thrown && options.probe && options.probe() != before) {
        result.state_changed = true;
    }
    return result;
}

// Judges first what a run did to memory, because errors there spoil everything else.
failure_report judge(const run& one, const failure_sweep& options) {
    using enum failure_verdict;
    if (!one.misuse.empty()) {
        return {.verdict = misused, .detail = one.misuse};
    }
    if (one.failed && one.thrown && !one.threw_the_failure) {
        return {.verdict = wrong_exception,
                .detail = one.thrown_text + " came out of the scenario"};
    }
    if (one.failed && !one.thrown && !options.may_recover) {
        return {.verdict = swallowed_failure,
                .detail = "the scenario finished as if nothing had failed"};
    }
    if (one.state_changed) {
        return {.verdict = state_changed,
                .detail = "the state after the failure is not that before"};
    }
    if (one.live_blocks != 0) {
        return {.verdict = leaked,
                .detail = detail::decimal(one.live_blocks) + " blocks (" +
                          detail::decimal(one.live_bytes) + " bytes) were never freed"};
    }
    return {};
}

// Judges the run without a failure, at the beginning and at the end.
failure_report judge_count(const run& one, const failure_sweep& options) {
    using enum failure_verdict;
    if (one.failed) {  // the scenario may have no end
        return {.verdict = too_many_allocations,
                .detail = "the scenario makes more than " +
                          detail::decimal(options.most_allocations) +
                          " allocations: make it smaller, or set failure_sweep::most_allocations"};
    }
    if (one.thrown) {
        std::rethrow_exception(one.thrown);
    }
    if (one.allocations < options.least_allocations) {
        return {
            .verdict = too_few_allocations,
            .detail = "the scenario made " + detail::decimal(one.allocations) +
                      " allocations from the resource it was given, so that nothing was tested"};
    }
    return judge(one, options);
}

std::string different_count(std::size_t first, std::size_t now) {
    return "the scenario made " + detail::decimal(first) + " allocations in its first run and " +
           detail::decimal(now) + " in a later one";
}

failure_report sweep(const scenario_function& scenario, const failure_sweep& options,
                     std::size_t& allocations, std::size_t& runs) {
    const failing bound{.at = options.most_allocations + 1, .sticky = true};
    ++runs;
    const run first = run_with(bound, scenario, options);
    allocations = first.allocations;
    if (failure_report report = judge_count(first, options); !report) {
        return report;
    }
    for (std::size_t number = 1; number <= first.allocations; ++number) {
        for (const failure_mode mode : {failure_mode::one_shot, failure_mode::sticky}) {
            ++runs;
            const run one =
                run_with({.at = number, .sticky = mode == failure_mode::sticky}, scenario, options);
            failure_report report = judge(one, options);
            if (!one.failed) {
                // The run never reached this allocation: nothing to judge.
                report = {.verdict = failure_verdict::nondeterministic,
                          .detail = different_count(first.allocations, one.allocations)};
            }
            if (!report) {
                report.number = number;
                report.mode = mode;
                if (one.failed) {
                    report.asked = one.failed->asked();
                    report.trace = one.failed->trace();
                }
                return report;
            }
        }
    }
    ++runs;
    const run last = run_with(bound, scenario, options);
    if (last.allocations != first.allocations) {
        return {.verdict = failure_verdict::nondeterministic,
                .detail = different_count(first.allocations, last.allocations)};
    }
    return judge_count(last, options);
}

}  // namespace

void detail::report_changed_state() noexcept {
    if (state_changed_of_run() == nullptr) {
        misuse("unchanged_on_failure: the state has changed when an exception left its scope");
    } else {
        *state_changed_of_run() = true;
    }
}

failure_report for_each_allocation_failure(const scenario_function& scenario,
                                           const failure_sweep& options) {
    std::size_t allocations = 0;
    std::size_t runs = 0;
    failure_report report = sweep(scenario, options, allocations, runs);
    report.allocations = allocations;
    report.runs = runs;
    if (report) {
        report.detail = "each of " + detail::decimal(allocations) +
                        " allocations failed alone and with all after it";
    }
    return report;
}

}  // namespace strata
