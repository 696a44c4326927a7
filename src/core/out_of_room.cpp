// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/out_of_room.hpp>

#include <cstdarg>

#include <strata/detail/text.hpp>

namespace strata {

out_of_room::out_of_room(std::string_view resource, layout asked, std::size_t room_bytes,
                         const char* format, ...) noexcept
    : asked_{asked},
      room_bytes_{room_bytes} {
    detail::text_writer text{text_};
    text.write("strata: ").printable(resource, 60);
    text.print(" has no room for %zu B (aligned to %zu B): ", asked.size, asked.alignment);
    std::va_list figures;
    va_start(figures, format);
    text.vprint(format, figures);
    va_end(figures);
}

}  // namespace strata
