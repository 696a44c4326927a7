// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/import/line_reader.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "tool/failure.hpp"

namespace strata::tool::importing {

line_reader::line_reader(std::unique_ptr<std::istream> from, const std::string& name)
    : name_{name},
      from_{std::move(from), name} {}

bool line_reader::next(std::string_view& line) {
    if (std::exchange(is_again_, false)) {
        line = line_;
        return true;
    }
    line_.clear();
    ++number_;
    while (true) {
        const std::size_t end = left_.find('\n');
        line_ += left_.substr(0, end);
        if (line_.size() > longest_line) {
            fail("expected a line of at most " + std::to_string(longest_line) + " bytes");
        }
        if (end != left_.npos) {
            left_.remove_prefix(end + 1);
            break;
        }
        const std::size_t count = from_.read(buffer_);
        left_ = {buffer_.data(), count};
        if (count == 0) {
            if (line_.empty()) {
                return false;
            }
            break;
        }
    }
    line = line_;
    return true;
}

void line_reader::fail(const std::string& what) const {
    throw failure{name_ + ":" + std::to_string(number_) + ": " + what};
}

std::string_view take_word(std::string_view& from) noexcept {
    from.remove_prefix(std::min(from.find_first_not_of(' '), from.size()));
    const std::string_view word = from.substr(0, from.find(' '));
    from.remove_prefix(word.size());
    return word;
}

bool is_hexadecimal(std::string_view word, std::uint64_t& number) noexcept {
    word.remove_prefix(word.starts_with("0x") ? 2 : 0);
    const char* const end = word.data() + word.size();
    const auto [at, problem] = std::from_chars(word.data(), end, number, 16);
    return problem == std::errc{} && at == end;
}

}  // namespace strata::tool::importing
