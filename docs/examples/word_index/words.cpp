// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "words.hpp"

namespace example {
namespace {

// Not std::isalnum and std::tolower: they depend on the locale.
bool is_upper(char byte) {
    return byte >= 'A' && byte <= 'Z';
}

bool is_of_word(char byte) {
    return (byte >= 'a' && byte <= 'z') || is_upper(byte) || (byte >= '0' && byte <= '9') ||
           static_cast<unsigned char>(byte) >= 0x80;
}

}  // namespace

bool word_reader::next() {
    for (; position_ != text_.size() && !is_of_word(text_[position_]); ++position_) {
        line_ += text_[position_] == '\n' ? 1 : 0;
    }
    word_.clear();
    for (; position_ != text_.size() && is_of_word(text_[position_]); ++position_) {
        const char byte = text_[position_];
        word_ += is_upper(byte) ? static_cast<char>(byte - 'A' + 'a') : byte;
    }
    return !word_.empty();
}

}  // namespace example
