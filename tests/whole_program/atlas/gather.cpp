// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "gather.hpp"

#include <atomic>
#include <string>
#include <utility>

#include "queue.hpp"
#include "team.hpp"
#include "text.hpp"

namespace atlas {
namespace {

// Some entries of one list: a lock for each single one would cost more than the entry.
struct batch {
    standard list;
    std::vector<nlohmann::json> entries;
};

constexpr std::size_t batch_size = 32;
constexpr std::size_t most_waiting = 16;

// Parses a document, which is `{"NUMBER": [ENTRY...]}`, and hands on each entry as it is complete,
// so that the document is never in memory as a whole.
void parse(const document& from, queue<batch>& to) {
    constexpr int entry_depth = 2;
    const std::string_view number = format_of(from.holds).number;
    batch next{.list = from.holds, .entries = {}};
    bool any = false;
    using event = nlohmann::json::parse_event_t;
    const auto take_entry = [&](int depth, event now, nlohmann::json& parsed) {
        if (now == event::key && depth == 1 && parsed != number) {
            throw input_error{in_quotes(from.path) + " has a list " + parsed.dump() +
                              "; expected \"" + std::string{number} + "\"\n"};
        }
        if (now != event::object_end || depth != entry_depth) {
            return true;
        }
        any = true;
        next.entries.push_back(std::move(parsed));
        if (next.entries.size() == batch_size) {
            to.push(std::exchange(next, {.list = from.holds, .entries = {}}));
        }
        return false;
    };
    try {
        // What is left is the frame, without what was taken out of it.
        const nlohmann::json frame = nlohmann::json::parse(from.text, take_entry);
        if (!any || frame != nlohmann::json{{number, nlohmann::json::array()}}) {
            throw input_error{in_quotes(from.path) + " is no list of entries\n"};
        }
    } catch (const nlohmann::json::exception& error) {
        throw input_error{in_quotes(from.path) + " is malformed: " + error.what() + "\n"};
    }
    to.push(std::move(next));
}

}  // namespace

catalogue gather(const std::vector<document>& documents, std::size_t threads) {
    queue<batch> parsed{most_waiting};
    std::atomic<std::size_t> next = 0;
    std::atomic<std::size_t> left = documents.size();
    std::vector<catalogue> parts(threads);

    const auto read = [&] {
        for (std::size_t i = next++; i < documents.size(); i = next++) {
            parse(documents[i], parsed);
            if (--left == 0) {
                parsed.end();
            }
        }
    };
    const auto add_to = [&](catalogue& part) {
        while (const std::optional<batch> taken = parsed.pop()) {
            for (const nlohmann::json& each : taken->entries) {
                part.add(taken->list, each);
            }
        }
    };
    run_team(
        2 * threads, [&](std::size_t i) { i < threads ? read() : add_to(parts[i - threads]); },
        [&] { parsed.end(); });

    catalogue whole;
    for (catalogue& part : parts) {
        whole.merge(std::move(part));
    }
    return whole;
}

}  // namespace atlas
