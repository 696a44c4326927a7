// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef ATLAS_STANDARDS_HPP
#define ATLAS_STANDARDS_HPP

#include <array>
#include <cstddef>
#include <string_view>

namespace atlas {

/// The lists of codes that ISO keeps, by what they are for.
enum class standard : unsigned char {
    script,
    country,
    subdivision,
    former_country,
    currency,
    written_language,
    language,
    language_family,
};

/// How Debian's package iso-codes writes a list down.
struct format {
    std::string_view number;  // in the file's name, and the name of the list in it
    std::string_view code;    // the field that no two entries have in common
    std::string_view what;    // in reports
};

/// By the numbers of `standard`.
constexpr std::array formats{
    format{"15924", "alpha_4", "scripts"},    format{"3166-1", "alpha_2", "countries"},
    format{"3166-2", "code", "subdivisions"}, format{"3166-3", "alpha_4", "former countries"},
    format{"4217", "alpha_3", "currencies"},  format{"639-2", "alpha_3", "written languages"},
    format{"639-3", "alpha_3", "languages"},  format{"639-5", "alpha_3", "language families"},
};

constexpr const format& format_of(standard which) {
    return formats[static_cast<std::size_t>(which)];
}

}  // namespace atlas

#endif
