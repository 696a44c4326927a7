// expect: can be copied
// alone
#include <strata/strata.hpp>

struct unique_heap {
    unique_heap() = default;
#ifndef STRATA_CONTROL
    unique_heap(const unique_heap&) = delete;
#endif

    template <class Upstream>
    struct resource_type : strata::heap_resource {
        explicit resource_type(const unique_heap& /*described*/) {}
    };
    static constexpr bool is_source = true;
};

int main()
{
    const unique_heap described;
    strata::stack memory{strata::stats{}, described};
}
