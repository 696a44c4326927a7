// expect: found by the type that it was made as
// alone
#include <strata/strata.hpp>

int main()
{
    [[maybe_unused]] strata::pool_resource pool;
#ifdef STRATA_CONTROL
    auto memory = strata::strategy::parse("pool").build();
    (void)memory.find<strata::pool_resource>();
#else
    auto memory = strata::strategy::parse("pool").build();
    (void)memory.find<strata::resource>();
#endif
}
