// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_IMPORT_LINE_READER_HPP
#define STRATA_TOOL_IMPORT_LINE_READER_HPP

#include <array>
#include <cstdint>
#include <istream>
#include <memory>
#include <string>
#include <string_view>

#include "tool/import/byte_source.hpp"

namespace strata::tool::importing {

/// The lines of a file.
class line_reader {
public:
    /// The name is for messages.
    line_reader(std::unique_ptr<std::istream> from, const std::string& name);
    line_reader(const line_reader&) = delete;
    line_reader& operator=(const line_reader&) = delete;

    /// False at the end. The line is valid until the next call.
    [[nodiscard]] bool next(std::string_view& line);
    /// The next call of `next` gives the same line again.
    void again() noexcept { is_again_ = true; }

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return from_.bytes(); }
    /// Throws a `failure` that names file and line.
    [[noreturn]] void fail(const std::string& what) const;

    static constexpr std::size_t longest_line = 16 * 1024 * 1024;

private:
    std::string name_;
    byte_source from_;
    std::array<char, 16 * 1024> buffer_{};
    std::string_view left_;  ///< of the buffer
    std::string line_;
    std::uint64_t number_ = 0;
    bool is_again_ = false;
};

/// Takes a word, which ends at a blank or at the end, from the front. Empty if there is none.
[[nodiscard]] std::string_view take_word(std::string_view& from) noexcept;

/// A hexadecimal number, with or without 0x. False if it is none of 64 bits.
[[nodiscard]] bool is_hexadecimal(std::string_view word, std::uint64_t& number) noexcept;

}  // namespace strata::tool::importing

#endif
