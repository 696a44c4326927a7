// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "battery.hpp"

namespace conformance {

std::vector<check> all_checks() {
    std::vector<check> all;
    for (const auto& some :
         {alignment_checks(), block_checks(), limit_checks(), lifetime_checks(), failure_checks(),
          container_checks(), thread_checks(), random_checks()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace conformance
