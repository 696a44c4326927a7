// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/compose/shared_resource.hpp>

namespace strata {
namespace {

class shared_strategy final : public detail::shared_layers {
public:
    explicit shared_strategy(built_strategy&& built) noexcept : built_{std::move(built)} {
        set_whole(built_);
    }

private:
    built_strategy built_;
};

}  // namespace

detail::shared_layers::~shared_layers() = default;

shared_resource::shared_resource(std::string_view text)
    : shared_resource{strategy::parse(text).build()} {}

shared_resource::shared_resource(built_strategy&& built)
    : layers_{new shared_strategy{std::move(built)}} {}

}  // namespace strata
