#include <strata/strata.hpp>

#include <algorithm>
#include <bit>
#include <iostream>

template <class Upstream>
class own_lines_resource;

// Describes an own_lines_resource.
struct own_lines {
    std::size_t from = 32;
    std::size_t line = 64;
    strata::label name = {};

    template <class Upstream>
    using resource_type = own_lines_resource<Upstream>;
    static constexpr bool is_source = false;
    static constexpr std::string_view layer_name = "own_lines";
    static constexpr auto option_table() {
        using strata::option;
        return std::tuple{
            option{&own_lines::from, {.name = "from", .what = "smaller blocks may share a line"}},
            option{&own_lines::line,
                   {.name = "line", .what = "the size of a line", .least = 16, .most = 4096}}};
    }
    std::string contradiction() const {
        return std::has_single_bit(line) ? "" : "expected a power of two as line";
    }
};

// Gives each block of at least `from` bytes cache lines of its own.
template <class Upstream>
class own_lines_resource final
    : public strata::adaptor<own_lines_resource<Upstream>, own_lines, Upstream> {
public:
    own_lines_resource(const own_lines& options, Upstream* upstream)
        : own_lines_resource::adaptor{options.name, upstream}, options_{options} {
        options_.line = std::bit_ceil(std::clamp<std::size_t>(options.line, 16, 4096));
    }
    const own_lines& options() const { return options_; }

private:
    friend typename own_lines_resource::direct_calls;  // calls do_allocate and do_deallocate

    strata::layout on_lines(std::size_t bytes, std::size_t alignment) const {
        const std::size_t line = options_.line;
        return bytes < options_.from || bytes > PTRDIFF_MAX
                   ? strata::layout{bytes, alignment}
                   : strata::layout{(bytes + line - 1) / line * line, std::max(alignment, line)};
    }

    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        const strata::layout whole = on_lines(bytes, alignment);
        return this->allocate_below(whole.size, whole.alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        const strata::layout whole = on_lines(bytes, alignment);
        this->deallocate_below(block, whole.size, whole.alignment);
    }

    own_lines options_;
};

int main() {
    strata::register_layer<own_lines>();
    auto memory =
        strata::strategy::parse("stats > own_lines(line=128, name=counts) > concurrent_pool").build();
    const std::pmr::vector<int> counts(10, &memory);
    std::cout << strata::describe(memory);

    strata::stack same{strata::stats{}, own_lines{.line = 128}, strata::concurrent_pool{}};
}
