// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// The report at the exit allocates nothing: from the end of the first static object on, this
// program ends with a message where anything is allocated.
#include <unistd.h>

#include <cstdlib>
#include <locale>
#include <string>
#include <string_view>

#include <strata/adaptors/stats_resource.hpp>
#include <strata/compose/stack.hpp>
#include <strata/interop/global_new.hpp>

// On the heap, so that operator new is seen too.
STRATA_GLOBAL_RESOURCE(strata::stack{strata::stats{.name = "program"}});

// Writing numbers in this way allocates.
class by_tens : public std::numpunct<char> {
protected:
    char do_thousands_sep() const override { return '_'; }
    std::string do_grouping() const override { return std::string(40, '\1'); }
};

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
    std::locale::global(std::locale{std::locale::classic(), new by_tens});
    const std::string freed(100, 'x');
    new std::string(100, 'y');
}
