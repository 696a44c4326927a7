// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// The report at the exit allocates nothing: from the end of the first static object on, this
// program ends with a message where anything is allocated.
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include <strata/adaptors/stats_resource.hpp>
#include <strata/compose/stack.hpp>
#include <strata/interop/global_new.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>

STRATA_GLOBAL_RESOURCE(strata::stack{strata::stats{}, strata::concurrent_pool{}});

extern "C" void* __libc_malloc(std::size_t bytes) noexcept;

namespace {

constinit bool is_over = false;

struct ends_all {
    ~ends_all() { is_over = true; }
};
const ends_all first;

}  // namespace

extern "C" void* malloc(std::size_t bytes) noexcept {
    if (is_over) {
        constexpr std::string_view message = "something is allocated at the exit\n";
        (void)!write(STDERR_FILENO, message.data(), message.size());
        std::_Exit(EXIT_FAILURE);
    }
    return __libc_malloc(bytes);
}

int main() {
    strata::global::report_at_exit();
    const std::string freed(100, 'x');
    new std::string(100, 'y');
}
