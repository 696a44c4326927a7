// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/out_of_room.hpp>

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace strata {

out_of_room::out_of_room(std::string_view resource, layout asked, std::size_t room_bytes,
                         const char* format, ...) noexcept
    : asked_{asked},
      room_bytes_{room_bytes} {
    const int length = std::snprintf(text_.data(), text_.size(),
                                     "strata: %.*s has no room for %zu B (aligned to %zu B): ",
                                     static_cast<int>(std::min<std::size_t>(resource.size(), 60)),
                                     resource.data(), asked.size, asked.alignment);
    if (length > 0) {
        std::va_list figures;
        va_start(figures, format);
        std::vsnprintf(text_.data() + length, text_.size() - static_cast<std::size_t>(length),
                       format, figures);
        va_end(figures);
    }
}

}  // namespace strata
