#include <iostream>
#include <list>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <strata/strata.hpp>

using namespace strata::literals;

class lru_cache {
public:
    explicit lru_cache(std::pmr::memory_resource* memory) : entries_{memory}, index_{memory} {}

    std::optional<std::string_view> find(std::string_view key) {
        const auto found = index_.find(key);
        if (found == index_.end()) {
            return std::nullopt;
        }
        entries_.splice(entries_.begin(), entries_, found->second);  // now the most recent one
        return found->second->value;
    }

    // Evicts old entries until the memory has room for the new one.
    void put(std::string_view key, std::string_view value) {
        erase(key);
        while (!try_put(key, value)) {
            erase(entries_.back().key);
            ++evictions_;
        }
    }

    std::size_t size() const { return entries_.size(); }
    std::size_t evictions() const { return evictions_; }

private:
    struct entry {
        std::pmr::string key;
        std::pmr::string value;
    };

    bool try_put(std::string_view key, std::string_view value) {
        const auto memory = entries_.get_allocator();
        try {
            std::pmr::list<entry> fresh{memory};  // gives all back if the limit refuses a part
            fresh.push_back({std::pmr::string{key, memory}, std::pmr::string{value, memory}});
            index_.emplace(fresh.front().key, fresh.begin());
            entries_.splice(entries_.begin(), fresh);
            return true;
        } catch (const strata::limit_exceeded& refusal) {
            if (entries_.empty() || refusal.asked().size > refusal.limit().bytes) {
                throw;  // no eviction helps
            }
            return false;
        }
    }

    void erase(std::string_view key) {
        if (const auto found = index_.find(key); found != index_.end()) {
            const auto position = found->second;
            index_.erase(found);  // first: its key is text of the entry
            entries_.erase(position);
        }
    }

    std::pmr::list<entry> entries_;  // the most recent one first
    std::pmr::unordered_map<std::string_view, std::pmr::list<entry>::iterator> index_;
    std::size_t evictions_ = 0;
};

int main() {
    strata::stack memory{strata::limit{.bytes = 16_KiB, .name = "page cache"}, strata::pool{}};
    lru_cache cache{&memory};
    for (int page = 0; page != 100; ++page) {
        cache.put("/page/" + std::to_string(page), std::string(500, 'x'));
        cache.find("/page/0");  // in constant use, so it stays
    }
    std::cout << cache.size() << " pages, " << cache.evictions() << " evicted; page 0 is "
              << (cache.find("/page/0") ? "there" : "gone") << ", page 1 is "
              << (cache.find("/page/1") ? "there" : "gone") << "\n";
    try {
        cache.put("/huge", std::string(20'000, 'x'));
    } catch (const strata::limit_exceeded& refusal) {
        std::cout << refusal.what() << "\n";
    }
    std::cout << strata::describe(memory);
}
