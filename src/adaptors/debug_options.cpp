// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/debug_options.hpp>

#include <array>

namespace strata {

std::string_view to_string(finding kind) noexcept {
    constexpr std::array<std::string_view, finding_kinds> names{
        "double_free",      "freed_after_release",
        "null_pointer",     "foreign_pointer",
        "interior_pointer", "other_resource",
        "wrong_size",       "wrong_alignment",
        "bad_alignment",    "underflow",
        "overflow",         "write_after_free",
        "use_after_free",   "leak",
        "two_threads",      "wrong_thread",
        "reentry",          "default_resource"};
    return names[static_cast<std::size_t>(kind)];
}

std::string debug::contradiction() const {
    if (concurrent && one_thread) {
        return "expected concurrent or one_thread, not both";
    }
    if (guard != guard_page::none && freed_fill) {
        return "expected no freed_fill with guard pages, which make freed blocks inaccessible";
    }
    if (guard == guard_page::none && fence == 0 && fence_fill != debug{}.fence_fill) {
        return "expected a fence to fill, but fence=0";
    }
    return "";
}

}  // namespace strata
