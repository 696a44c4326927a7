// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// habits json FOLDER | requests | graph | lru | hand_over | images: a program that takes memory in
// the way of many, for `run.sh replay` and `run.sh tune`. It knows nothing of Strata.
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace {

// Documents, each read into a tree and written again.
std::size_t parse(const std::string& folder) {
    std::vector<std::string> texts;
    for (const auto& each : std::filesystem::directory_iterator{folder}) {
        std::ifstream file{each.path()};
        texts.emplace_back(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
    }
    std::size_t sum = 0;
    for (int round = 0; round != 8; ++round) {
        for (const std::string& each : texts) {
            sum += nlohmann::json::parse(each).dump().size();
        }
    }
    return sum;
}

// Requests, each of which needs some memory until it is answered, and then none.
std::size_t answer_requests() {
    std::mt19937 dice{42};
    std::size_t bytes = 0;
    for (int request = 0; request != 15'000; ++request) {
        std::map<std::string, std::string> fields;
        for (int i = 0; i != 12; ++i) {
            fields.emplace("a field of a request, number " + std::to_string(i),
                           std::string(16 + dice() % 100, 'x'));
        }
        std::vector<std::string> lines;
        for (const auto& [name, value] : fields) {
            lines.push_back(name + ": " + value);
        }
        std::string text;
        for (const std::string& each : lines) {
            text += each + "\r\n";
        }
        bytes += text.size();
    }
    return bytes;
}

// Nodes that know each other. They are made once, walked often, and live to the end.
std::size_t walk_graph() {
    struct node {
        std::string name;
        std::vector<node*> neighbours;
        int seen = -1;
    };
    std::mt19937 dice{42};
    std::vector<std::unique_ptr<node>> all;
    for (int i = 0; i != 200'000; ++i) {
        all.push_back(std::make_unique<node>(
            node{.name = "the node " + std::to_string(i) + " of a graph", .neighbours = {}}));
        for (int edge = 0; edge != 4; ++edge) {
            node* const other = all[dice() % all.size()].get();
            all.back()->neighbours.push_back(other);
            other->neighbours.push_back(all.back().get());
        }
    }
    std::size_t sum = 0;
    for (int round = 0; round != 4; ++round) {
        std::vector<node*> left{all.front().get()};
        while (!left.empty()) {
            node* const here = left.back();
            left.pop_back();
            if (std::exchange(here->seen, round) == round) {
                continue;
            }
            sum += here->name.size();
            left.insert(left.end(), here->neighbours.begin(), here->neighbours.end());
        }
    }
    return sum;
}

// A cache of 20,000 texts, of which some are asked for far more often than others.
std::size_t cache() {
    using entry = std::pair<std::uint32_t, std::string>;
    constexpr std::size_t capacity = 20'000;
    std::list<entry> by_age;
    std::unordered_map<std::uint32_t, std::list<entry>::iterator> by_key;
    std::mt19937 dice{42};
    std::exponential_distribution<double> rare{1.0 / 20'000};
    std::size_t hits = 0;
    for (int i = 0; i != 3'000'000; ++i) {
        const auto key = static_cast<std::uint32_t>(rare(dice));
        const auto found = by_key.find(key);
        if (found != by_key.end()) {
            ++hits;
            by_age.splice(by_age.begin(), by_age, found->second);
            continue;
        }
        by_age.emplace_front(key, std::string(20 + key % 400, 'x'));
        by_key.emplace(key, by_age.begin());
        if (by_age.size() > capacity) {
            by_key.erase(by_age.back().first);
            by_age.pop_back();
        }
    }
    return hits;
}

// Two threads make messages, two others read and drop them.
std::size_t hand_over() {
    using message = std::vector<std::string>;
    constexpr int messages = 100'000;
    std::mutex lock;
    std::condition_variable changed;
    std::deque<message> waiting;
    std::size_t bytes = 0;
    const auto make = [&] {
        for (int i = 0; i != messages; ++i) {
            message next;
            for (int part = 0; part != 8; ++part) {
                next.emplace_back(static_cast<std::size_t>(20 + (i * 7 + part * 31) % 200), 'x');
            }
            std::unique_lock here{lock};
            changed.wait(here, [&] { return waiting.size() < 500; });
            waiting.push_back(std::move(next));
            changed.notify_all();
        }
    };
    const auto read = [&] {
        for (int i = 0; i != messages; ++i) {
            std::unique_lock here{lock};
            changed.wait(here, [&] { return !waiting.empty(); });
            const message next = std::move(waiting.front());
            waiting.pop_front();
            changed.notify_all();
            for (const std::string& each : next) {
                bytes += each.size();
            }
            here.unlock();
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i != 2; ++i) {
        threads.emplace_back(make);
        threads.emplace_back(read);
    }
    for (std::thread& each : threads) {
        each.join();
    }
    return bytes;
}

// Images of some MiB, each made from the one before.
std::size_t blur_images() {
    std::mt19937 dice{42};
    std::vector<std::uint8_t> before(1 << 20, 1);
    for (int image = 0; image != 200; ++image) {
        std::vector<std::uint8_t> next((1 << 20) + dice() % (3 << 20));
        for (std::size_t i = 0; i != next.size(); ++i) {
            const std::size_t from = i % (before.size() - 1);
            next[i] = static_cast<std::uint8_t>((before[from] + before[from + 1] + i) / 2);
        }
        before = std::move(next);
    }
    return before[dice() % before.size()];
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view what = count > 1 ? arguments[1] : "";
    if (what == "json" && count == 3) {
        std::cout << parse(arguments[2]) << '\n';
    } else if (what == "requests" && count == 2) {
        std::cout << answer_requests() << '\n';
    } else if (what == "graph" && count == 2) {
        std::cout << walk_graph() << '\n';
    } else if (what == "lru" && count == 2) {
        std::cout << cache() << '\n';
    } else if (what == "hand_over" && count == 2) {
        std::cout << hand_over() << '\n';
    } else if (what == "images" && count == 2) {
        std::cout << blur_images() << '\n';
    } else {
        std::cerr << "usage: habits json FOLDER | requests | graph | lru | hand_over | images\n";
        return 1;
    }
}
