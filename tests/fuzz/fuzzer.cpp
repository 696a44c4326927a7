// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// All targets for libFuzzer, in one program: STRATA_FUZZ_TARGET says which.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "targets.hpp"

namespace {

const fuzz::target* chosen = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
    const char* name = std::getenv("STRATA_FUZZ_TARGET");
    chosen = name == nullptr ? nullptr : fuzz::find_target(name);
    if (chosen == nullptr) {
        std::fputs("STRATA_FUZZ_TARGET must be one of:", stderr);
        for (const fuzz::target& each : fuzz::targets()) {
            std::fprintf(stderr, " %.*s", static_cast<int>(each.name.size()), each.name.data());
        }
        std::fputc('\n', stderr);
        std::exit(2);
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    fuzz::input from{{bytes, size}};
    chosen->run(from);
    return 0;
}
