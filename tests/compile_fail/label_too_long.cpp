// expect: refuse_label|consteval function .*label
#include <strata/strategies/pool_resource.hpp>

int main() {
#ifdef STRATA_CONTROL
    const strata::pool_resource pool{strata::pool{.name = "orders"}};
#else
    const strata::pool_resource pool{strata::pool{.name = "the orders of a whole month"}};
#endif
}
