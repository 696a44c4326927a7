#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>
#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

#include <strata/strata.hpp>

using namespace strata::literals;

// A plucked string: a ring of samples, as long as the period of its pitch.
class voice {
public:
    voice(std::size_t period, std::pmr::memory_resource* memory) : ring_(period, 0.1F, memory) {}

    float next() { return ring_[position_ = (position_ + 1) % ring_.size()] *= 0.99F; }
    bool is_silent() const { return ring_[position_] < 0.001F; }

private:
    std::pmr::vector<float> ring_;
    std::size_t position_ = 0;
};

class synthesizer {
public:
    explicit synthesizer(strata::bounded_time_resource& memory) : memory_{memory} {}

    // At worst frees 8 blocks, asks for the largest free one, and takes one: 10 calls, of at most
    // 200 instructions each. A period of 0 is no note.
    void callback(std::span<float> out, std::optional<std::size_t> note) {
        for (std::optional<voice>& each : voices_) {
            if (each && each->is_silent()) {
                each.reset();
            }
        }
        if (note.value_or(0) != 0) {
            play(*note);
        }
        std::ranges::fill(out, 0.0F);
        for (float& sample : out) {
            for (std::optional<voice>& each : voices_) {
                sample += each ? each->next() : 0.0F;
            }
        }
    }

    int played() const { return played_; }
    int missed() const { return missed_; }

private:
    void play(std::size_t period) {
        std::optional<voice>& oldest = voices_[next_++ % voices_.size()];
        oldest.reset();
        if (memory_.largest_free_block() < period * sizeof(float)) {
            ++missed_;  // asked first, since a throw has no bound
        } else {
            oldest.emplace(period, &memory_);
            ++played_;
        }
    }

    strata::bounded_time_resource& memory_;
    std::array<std::optional<voice>, 8> voices_;
    std::size_t next_ = 0;
    int played_ = 0;
    int missed_ = 0;
};

int main() {
    strata::stack memory{strata::bounded_time{.capacity = 12_KiB}, strata::stats{},
                         strata::pages{.populate = true}};
    memory.deallocate(memory.allocate(1), 1);  // takes the pages now, not in a callback

    synthesizer instrument{memory.get<strata::bounded_time>()};
    std::array<float, 128> out{};
    for (std::size_t i = 0; i != 3000; ++i) {
        const bool is_note = i % 3 == 0;
        instrument.callback(out, is_note ? std::optional{100 + i * 37 % 500} : std::nullopt);
    }
    std::cout << instrument.played() << " notes, " << instrument.missed() << " missed\n"
              << strata::describe(memory);
}
