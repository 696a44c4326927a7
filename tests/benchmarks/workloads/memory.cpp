// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "workloads/special.hpp"

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "report.hpp"
#include "workloads/pool_loops.hpp"

namespace bench {
namespace {

struct setting {
    const char* id;
    const char* label;
    std::size_t live;
    std::uint32_t smallest;
    std::uint32_t largest;
};

constexpr setting settings[] = {
    {"nodes", "10^5 of 64 B", 100'000, 64, 64},
    {"small", "10^4 of 8..256", 10'000, 8, 256},
    {"mixed", "10^4 of 8..4096", 10'000, 8, 4096},
    {"many", "3x10^5 of 8..256", 300'000, 8, 256},
};

// Bytes of this process that are in memory, exactly: the cheaper ways to ask are off by some
// hundred KiB.
double resident() {
    std::ifstream rollup{"/proc/self/smaps_rollup"};
    for (std::string word; rollup >> word;) {
        if (word == "Rss:") {
            double kilobytes = 0;
            rollup >> kilobytes;
            return kilobytes * 1024;
        }
    }
    return 0;
}

class counting_upstream final : public memory {
public:
    [[nodiscard]] double peak() const { return static_cast<double>(peak_); }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* const block = std::pmr::new_delete_resource()->allocate(bytes, alignment);
        live_ += bytes;
        peak_ = std::max(peak_, live_);
        return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
        live_ -= bytes;
    }
    [[nodiscard]] bool do_is_equal(const memory& other) const noexcept override {
        return this == &other;
    }

    std::size_t live_ = 0;
    std::size_t peak_ = 0;
};

class blocks {
public:
    blocks(memory* from, std::size_t count) : from_{from}, held_(count) {}

    void take(std::size_t slot, std::size_t bytes) {
        void* const block = from_->allocate(bytes, usual_alignment);
        std::memset(block, 1, bytes);
        held_[slot] = {block, bytes};
        live_ += bytes;
    }
    void give(std::size_t slot) {
        from_->deallocate(held_[slot].block, held_[slot].bytes, usual_alignment);
        live_ -= held_[slot].bytes;
    }
    [[nodiscard]] double live() const { return static_cast<double>(live_); }

private:
    struct held {
        void* block = nullptr;
        std::size_t bytes = 0;
    };
    memory* from_;
    std::vector<held> held_;
    std::size_t live_ = 0;
};

void measure_here(const setting& in, const contender& one) {
    const auto first = random_numbers(in.live, in.smallest, in.largest);
    const auto slot = random_numbers(2 * in.live, 0, static_cast<std::uint32_t>(in.live - 1));
    const auto bytes = random_numbers(2 * in.live + 1, in.smallest, in.largest);
    const auto order = random_order(in.live);
    counting_upstream upstream;
    const auto made = one.make(one.has_upstream ? &upstream : nullptr);
    memory* const from = made->get();
    blocks all{from, in.live};
    const double before = resident();
    double peak = 0;
    double most_live = 0;
    const auto look = [&] {
        peak = std::max(peak, resident() - before);
        most_live = std::max(most_live, all.live());
    };
    for (std::size_t i = 0; i != in.live; ++i) {
        all.take(i, first[i]);
    }
    look();
    for (std::size_t i = 0; i != slot.size(); ++i) {
        all.give(slot[i]);
        all.take(slot[i], bytes[i]);
        if (i % (slot.size() / 4) == 0) {
            look();
        }
    }
    look();
    for (std::size_t i = 0; i != in.live / 10 * 9; ++i) {
        all.give(order[i]);
    }
    made->trim();
    std::printf("%.6f %.6f %.6f\n", peak / most_live, upstream.peak() / most_live,
                (resident() - before) / all.live());
}

bool in_child(const setting& in, const contender& one, double (&values)[3]) {
    char self[PATH_MAX] = "";
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) {
        return false;
    }
    const std::string command =
        "'" + std::string{self} + "' --memory-of=" + in.id + " " + one.id + " 2>/dev/null";
    std::FILE* const pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) {
        return false;
    }
    const bool read = std::fscanf(pipe, "%lf %lf %lf", &values[0], &values[1], &values[2]) == 3;
    return pclose(pipe) == 0 && read;
}

bool takes_part(const contender& one) {
    return (one.kind == shape::pool || one.kind == shape::heap) && one.library != "minimal" &&
           !one.id.ends_with("new_delete") && one.id != "strata.heap" &&
           one.id != "strata.synchronized";
}

std::string narrow(double value) {
    return value > 0 ? three_digits(value) : "-";
}

}  // namespace

int measure_memory_here(const std::string& where, const std::string& of) {
    const contender* const one = the_field().find(of);
    for (const setting& in : settings) {
        if (in.id == where && one != nullptr) {
            measure_here(in, *one);
            return EXIT_SUCCESS;
        }
    }
    return EXIT_FAILURE;
}

void measure_memory(results& into, bool print) {
    std::string head = padded("", 27);
    std::string columns = head;
    for (const setting& in : settings) {
        head += padded(in.label, 20, true);
        columns += padded("peak", 8, true) + padded("taken", 6, true) + padded("left", 6, true);
    }
    if (print) {
        std::printf(
            "\n== memory: resident at its peak, taken from the upstream at its peak, and "
            "resident after\n   90 %% are freed at random and the rest is trimmed, each over "
            "the live bytes\n\n%s\n%s\n",
            head.c_str(), columns.c_str());
    }
    for (const contender& one : the_field().contenders()) {
        if (!takes_part(one)) {
            continue;
        }
        std::string line = padded(one.label, 27);
        for (const setting& in : settings) {
            double values[3] = {};
            if (one.largest_block >= in.largest && in_child(in, one, values)) {
                const std::string name = "memory/" + std::string{in.id} + "/" + one.id;
                into.numbers[name + "/resident"] = values[0];
                into.numbers[name + "/trimmed"] = values[2];
                if (one.has_upstream) {
                    into.numbers[name + "/upstream"] = values[1];
                }
            }
            line += padded(narrow(values[0]), 8, true) + padded(narrow(values[1]), 6, true) +
                    padded(narrow(values[2]), 6, true);
        }
        if (print) {
            std::printf("%s\n", line.c_str());
            std::fflush(stdout);
        }
    }
}

}  // namespace bench
