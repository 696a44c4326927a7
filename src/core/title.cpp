// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/detail/title.hpp>

#include <strata/core/resource.hpp>
#include <strata/detail/text.hpp>

namespace strata::detail {

title::title(const resource& of) noexcept : title{of.name(), of.label()} {}

title::title(std::string_view kind, const label& name) noexcept {
    text_writer text{text_};
    text.write(kind);
    if (!name.empty()) {
        text.write(" \"").write(name.text()).write("\"");
    }
}

}  // namespace strata::detail
