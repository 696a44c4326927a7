// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_FINDING_RECORDER_HPP
#define STRATA_TESTS_SUPPORT_FINDING_RECORDER_HPP

#include <boost/test/unit_test.hpp>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <strata/adaptors/debug_options.hpp>
#include <strata/diagnostics/stack_trace.hpp>

namespace strata {

inline std::ostream& boost_test_print_type(std::ostream& out, finding kind) {
    return out << to_string(kind);
}

}  // namespace strata

namespace tests {

/// Whether calls have lines here: not without debug information, nor without a library that reads
/// it.
[[nodiscard]] inline bool calls_have_lines() {
    const auto here = strata::stack_trace::capture();
    return !here.empty() && !strata::calls_at(here.addresses()[0]).front().file.empty();
}

/// Keeps the findings of a `debug_resource`, which all must be asked for.
class finding_recorder {
public:
    struct entry {
        strata::finding kind;
        std::string message;
    };

    finding_recorder() = default;
    finding_recorder(const finding_recorder&) = delete;
    finding_recorder& operator=(const finding_recorder&) = delete;
    ~finding_recorder() {
        for (const entry& left : entries_) {
            BOOST_ERROR("not expected: " << left.message);
        }
    }

    [[nodiscard]] std::function<void(strata::finding, const char*)> handler() {
        return [this](strata::finding kind, const char* message) {
            entries_.push_back({kind, message});
        };
    }

    /// Whether exactly this was found since the last time, with all these texts in the message, in
    /// this order. A text such as "at f (x.cpp" is shortened to "at f" where calls have no lines.
    void expect(strata::finding kind, const std::vector<std::string>& texts) {
        BOOST_TEST_REQUIRE(!entries_.empty(), "nothing was found");
        const entry found = entries_.front();
        entries_.erase(entries_.begin());
        BOOST_TEST_CONTEXT(found.message) {
            BOOST_TEST(found.kind == kind);
            std::size_t from = 0;
            for (std::string text : texts) {
                if (text.starts_with("at ") && !calls_have_lines()) {
                    text = text.substr(0, text.find(" ("));
                }
                const std::size_t at = found.message.find(text, from);
                BOOST_TEST(at != std::string::npos, "missing: " << text);
                from = at == std::string::npos ? from : at + text.size();
            }
            // Only the names of functions may be of any length.
            for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
                end = found.message.find('\n', begin);
                const std::string line = found.message.substr(begin, end - begin);
                BOOST_TEST((line.size() <= 90u || line.find(" at ") != std::string::npos));
            }
        }
    }
    [[nodiscard]] bool empty() const { return entries_.empty(); }

private:
    std::vector<entry> entries_;
};

}  // namespace tests

#endif
