// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// Which strategy for which job: small jobs as applications have them, each under several
// strategies, beside the heap. Strategies take turns round by round. Two figures are printed. The
// time is the median of its ratio to the heap in the same round. The memory is the peak taken from
// the heap over the peak that the job had live. Single times mean nothing on a machine that does
// other things too.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <list>
#include <map>
#include <memory_resource>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include <strata/strata.hpp>

namespace {

using memory = std::pmr::memory_resource;

struct job {
    const char* name;
    const char* what;
    std::function<void(memory*)> run;
};

void keep(const void* result) {
    asm volatile("" : : "g"(result) : "memory");
}

void texts(memory* from) {
    std::pmr::vector<std::pmr::string> lines{from};
    for (int i = 0; i != 10'000; ++i) {
        lines.emplace_back(static_cast<std::size_t>(20 + i % 60), 'x');
    }
    keep(&lines);
}

void index(memory* from) {
    std::pmr::unordered_map<std::pmr::string, std::pmr::vector<int>> postings{from};
    std::array<char, 32> word{};
    for (int i = 0; i != 20'000; ++i) {
        std::snprintf(word.data(), word.size(), "a word of the text %d", i * 7919 % 3000);
        postings[word.data()].push_back(i);
    }
    keep(&postings);
}

void churn(memory* from) {
    std::pmr::map<unsigned, std::pmr::string> tree{from};
    std::minstd_rand random{1};
    for (int i = 0; i != 60'000; ++i) {
        const auto key = static_cast<unsigned>(random() % 5000);
        if (const auto found = tree.find(key); found != tree.end()) {
            tree.erase(found);
        } else {
            tree.emplace(key, "a value that is too long to be stored inside");
        }
    }
    keep(&tree);
}

void queue(memory* from) {
    std::pmr::list<int> waiting{from};
    for (int i = 0; i != 100'000; ++i) {
        waiting.push_back(i);
        if (waiting.size() > 300) {
            waiting.pop_front();
        }
    }
    keep(&waiting);
}

void growth(memory* from) {
    std::pmr::vector<int> numbers{from};
    for (int i = 0; i != 1'000'000; ++i) {
        numbers.push_back(i);
    }
    keep(&numbers);
}

void buffers(memory* from) {
    for (std::size_t i = 0; i != 500; ++i) {
        std::pmr::vector<char> buffer{from};
        buffer.resize(20'000 + i * 977 % 100'000);
        keep(buffer.data());
    }
}

void requests(memory* from) {
    for (int request = 0; request != 100; ++request) {
        std::pmr::vector<std::pmr::string> fields{from};
        for (std::size_t i = 0; i != 8; ++i) {
            fields.emplace_back(30 + i, 'x');
        }
        keep(&fields);
    }
}

const std::array jobs{
    job{"texts", "10,000 strings, then all dropped", texts},
    job{"index", "hash map from words to growing lists, then dropped", index},
    job{"churn", "tree with 2,500 live nodes, 60,000 inserts and erases", churn},
    job{"queue", "list of 300 nodes, 100,000 pushed and popped", queue},
    job{"requests", "100 small requests of 8 short strings each", requests},
    job{"growth", "one vector that grows to 1,000,000 numbers", growth},
    job{"buffers", "one buffer of 20,000 to 120,000 bytes after another", buffers},
};

const std::array strategies{"heap", "pool", "arena", "arena(first_chunk=64KiB)", "pool > arena",
                            "fallback(fixed_buffer(4KiB), pool)"};

template <class Work>
double seconds(const Work& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double seconds_on(const strata::strategy& of, const job& work) {
    return seconds([&] {
        auto built = of.build();
        work.run(&built);
    });
}

double seconds_on(strata::arena_resource& kept, const job& work) {
    return seconds([&] {
        work.run(&kept);
        kept.reset();
    });
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

// The most that the job has live, whatever it runs on.
double most_live(const job& work) {
    strata::stats_resource counted{strata::system_heap()};
    work.run(&counted);
    return static_cast<double>(counted.snapshot().peak_bytes);
}

double most_held(const strata::strategy& of, const job& work) {
    strata::stats_resource counted{strata::system_heap()};
    auto built = of.build(&counted);
    work.run(&built);
    return static_cast<double>(counted.snapshot().peak_bytes);
}

void print_cell(double time, double memory) {
    std::printf("%6.2f /%4.*f", time, memory < 100 ? 1 : 0, memory);
}

}  // namespace

int main(int argc, char** argv) {
    const bool quick = argc > 1 && std::string{argv[1]} == "--quick";
    if (argc > 2 || (argc == 2 && !quick)) {
        std::fprintf(stderr, "usage: %s [--quick]\n", argv[0]);
        return EXIT_FAILURE;
    }
    const int rounds = quick ? 5 : 41;
    std::vector<strata::strategy> parsed;
    for (const char* text : strategies) {
        parsed.push_back(strata::strategy::parse(text));
    }
    std::printf("time / memory, as ratios: to the heap in the same round (median of %d) / of the\n"
                "most taken from the heap (fixed buffers not counted) to the most that the job had\n"
                "live\n\n%-36s",
                rounds, "");
    for (const job& work : jobs) {
        std::printf("%12s", work.name);
    }
    std::printf("\n");

    std::array<std::array<std::vector<double>, jobs.size()>, strategies.size()> ratios;
    std::array<std::vector<double>, jobs.size()> kept_ratios;
    std::array<double, jobs.size()> kept_bytes{};
    for (std::size_t j = 0; j != jobs.size(); ++j) {
        strata::arena_resource kept{strata::system_heap()};
        for (int round = 0; round != rounds; ++round) {
            const double heap = seconds_on(parsed[0], jobs[j]);
            for (std::size_t s = 0; s != parsed.size(); ++s) {
                ratios[s][j].push_back(seconds_on(parsed[s], jobs[j]) / heap);
            }
            kept_ratios[j].push_back(seconds_on(kept, jobs[j]) / heap);
        }
        kept_bytes[j] = static_cast<double>(kept.usage().reserved_bytes.value());
    }
    for (std::size_t s = 0; s != parsed.size(); ++s) {
        std::printf("%-36s", strategies[s]);
        for (std::size_t j = 0; j != jobs.size(); ++j) {
            // On the heap itself nothing but the job's own blocks is held.
            const double held = s == 0 ? 1 : most_held(parsed[s], jobs[j]) / most_live(jobs[j]);
            print_cell(median(ratios[s][j]), held);
        }
        std::printf("\n");
    }
    std::printf("%-36s", "an arena kept, with reset()");
    for (std::size_t j = 0; j != jobs.size(); ++j) {
        print_cell(median(kept_ratios[j]), kept_bytes[j] / most_live(jobs[j]));
    }
    std::printf("\n\n");
    for (const job& work : jobs) {
        std::printf("%-8s %s\n", work.name, work.what);
    }
    return EXIT_SUCCESS;
}
