// expect: deleted
#include <strata/strata.hpp>

#include <utility>

void move(TYPE& original)
{
#ifdef STRATA_CONTROL
    [[maybe_unused]] TYPE&& other{std::move(original)};
#else
    [[maybe_unused]] TYPE other{std::move(original)};
#endif
}
