// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "workloads/workloads.hpp"

namespace bench {

const std::vector<workload>& all_workloads() {
    static const std::vector<workload> all = [] {
        std::vector<workload> made;
        add_arena_workloads(made);
        add_inline_arena_workloads(made);
        add_pool_workloads(made);
        add_life_cycle_workloads(made);
        add_container_workloads(made);
        add_p0089_workloads(made);
        add_thread_workloads(made);
        add_stats_workloads(made);
        return made;
    }();
    return all;
}

}  // namespace bench
