// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_RANDOM_STRATEGY_HPP
#define STRATA_TESTS_SUPPORT_RANDOM_STRATEGY_HPP

#include <array>
#include <cstddef>
#include <string>

namespace support {

/// Draws strategy texts from the grammar: chains of up to four layers, with branches nested at most
/// `depth` deep. None has a bound that a test program would meet. `Dice` has `below(bound)` and
/// `one_in(n)`.
template <class Dice>
class random_strategy {
public:
    explicit random_strategy(Dice& dice) : dice_{dice} {}

    [[nodiscard]] std::string operator()(std::size_t depth) {
        std::string text;
        for (std::size_t layers = 1 + dice_.below(3); layers != 0; --layers) {
            text += (text.empty() ? "" : " > ") + layer();
        }
        return depth != 0 && dice_.one_in(2) ? text + " > " + branches(depth - 1) : text;
    }

private:
    [[nodiscard]] std::string size(std::size_t most) {
        constexpr std::array units{"", "B", "KiB"};
        const std::size_t unit = dice_.below(units.size());
        return std::to_string(1 + dice_.below(unit == 2 ? most / 1024 + 1 : most)) + units[unit];
    }

    // An option, or nothing, behind what is already there.
    void maybe(std::string& options, const std::string& name, const std::string& value) {
        if (dice_.one_in(2)) {
            options += (options.empty() ? "" : ", ") + name + "=" + value;
        }
    }

    [[nodiscard]] std::string one_of(std::initializer_list<const char*> words) {
        return *(words.begin() + dice_.below(words.size()));
    }

    [[nodiscard]] std::string layer() {
        std::string options;
        std::string name;
        switch (dice_.below(8)) {
            case 0:
            case 1:
                name = one_of({"pool", "concurrent_pool"});
                maybe(options, "largest_block", size(65536));
                maybe(options, "max_blocks_per_chunk", std::to_string(1 + dice_.below(1000)));
                maybe(options, "first_chunk", size(15 * 1024));  // at most 16 KiB
                maybe(options, "largest_chunk", std::to_string(16384 + dice_.below(1 << 20)));
                maybe(options, "hardened", one_of({"true", "false"}));
                break;
            case 2:
            case 3:
                name = "arena";
                maybe(options, "first_chunk", size(65536));
                maybe(options, "growth", one_of({"1", "1.25", "2", "3.5"}));
                maybe(options, "reuse_last", one_of({"true", "false"}));
                break;
            case 4:
                name = "stats";
                maybe(options, "counting", one_of({"single", "relaxed", "sequential"}));
                break;
            case 5: name = one_of({"synchronized", "retry(attempts=1)"}); break;
            case 6:
                name = "debug(leaks=false";
                maybe(name, "fence", size(128));
                maybe(name, "quarantine", size(1 << 20));
                maybe(name, "stack_depth", std::to_string(dice_.below(4)));
                name += ")";
                break;
            default: name = "limit(bytes=1TiB, blocks=1000000000)"; break;
        }
        return options.empty() ? name : name + "(" + options + ")";
    }

    [[nodiscard]] std::string branches(std::size_t depth) {
        if (dice_.one_in(6)) {
            return "fallback(pages(reserve=" + size(65536) + "), " + (*this)(depth) + ")";
        }
        if (dice_.one_in(6)) {
            return "fallback(bounded_time(capacity=" + size(65536) + "), " + (*this)(depth) + ")";
        }
        if (dice_.one_in(3)) {
            return "fallback(fixed_buffer(" + size(65536) + "), " + (*this)(depth) + ")";
        }
        if (dice_.one_in(2)) {
            return "fallback(" + (*this)(depth) + ", " + (*this)(depth) + ")";
        }
        const std::size_t first = 1 + dice_.below(512);
        if (dice_.one_in(2)) {
            return "segregator(by=alignment, " + std::to_string(first) + ", " + (*this)(depth) +
                   ", " + (*this)(depth) + ")";
        }
        return "segregator(" + std::to_string(first) + ", " +
               std::to_string(first + 1 + dice_.below(8192)) + ", " + (*this)(depth) + ", " +
               (*this)(depth) + ", " + (*this)(depth) + ")";
    }

    Dice& dice_;
};

}  // namespace support

#endif
