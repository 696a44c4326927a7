// expect: refuse_label|must be initialized by a constant
#include <strata/strategies/pool_resource.hpp>

int main() {
#ifdef STRATA_CONTROL
    constexpr strata::pool orders{.name = "orders"};
#else
    constexpr strata::pool orders{.name = "the orders of a whole month"};
#endif
    const strata::pool_resource pool{orders};
}
