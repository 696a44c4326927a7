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
    lru_cache(const lru_cache&) = delete;  // the index points into the list
    lru_cache& operator=(const lru_cache&) = delete;

    // A copy, since the next put may evict the entry.
    std::optional<std::string> find(std::string_view key) {
        const auto found = index_.find(key);
        if (found == index_.end()) {
            return std::nullopt;
        }
        entries_.splice(entries_.begin(), entries_, found->second);  // now the most recent one
        return std::string{found->second->value};
    }

    // Evicts old entries until the memory has room for the new one. A text that is larger than the
    // limit is refused, and replaces nothing; another without room is refused when all are evicted.
    void put(std::string_view key, std::string_view value) {
        while (!try_put(key, value)) {
            index_.erase(entries_.back().key);  // first: its key is text of the entry
            entries_.pop_back();
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
            const auto [place, is_new] = index_.emplace(fresh.front().key, fresh.begin());
            if (is_new) {
                entries_.splice(entries_.begin(), fresh);
            } else {
                place->second->value.swap(fresh.front().value);
                entries_.splice(entries_.begin(), entries_, place->second);
            }
            return true;
        } catch (const strata::limit_exceeded& refusal) {
            if (entries_.empty() || refusal.asked().size > refusal.limit().bytes) {
                throw;  // no eviction helps
            }
            return false;
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
        cache.put("/page/0", std::string(20'000, 'x'));
    } catch (const strata::limit_exceeded& refusal) {
        std::cout << refusal.what() << "\n"
                  << "page 0 still has " << cache.find("/page/0")->size() << " B\n";
    }
    std::cout << strata::describe(memory);
}
