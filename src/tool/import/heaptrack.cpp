// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tool/import/importer.hpp"

namespace strata::tool::importing {
namespace {

constexpr std::uint64_t most_milliseconds = std::uint64_t{1} << 50;
constexpr std::uint8_t malloc_alignment_exponent = 4;

// See the exporter for the lines. They tell what blocks have in common, but not which of them is
// freed: the one of these that was allocated last, as with temporary ones.
class heaptrack_reader final : public trace::event_source {
public:
    explicit heaptrack_reader(std::unique_ptr<line_reader> from)
        : event_source{from->name(), trace::on_damage::refuse},
          lines_{std::move(from)} {
        read_version();
        ahead_ = read_event();  // what comes before has the name of the program
    }

    bool next(trace::event& to) override {
        if (!ahead_) {
            return false;
        }
        to = *ahead_;
        ahead_ = read_event();
        return true;
    }
    [[nodiscard]] std::uint64_t bytes() const override { return lines_->bytes(); }

private:
    /// What blocks have in common.
    struct allocation {
        std::uint64_t size = 0;
        std::uint32_t call = 0;
        std::vector<std::uint64_t> live;  ///< blocks
    };

    void read_version() {
        std::string_view line;
        if (!lines_->next(line) || !line.starts_with("v ")) {
            lines_->fail("expected \"v\" and the version of heaptrack");
        }
        rest_ = line.substr(1);
        (void)number("the version of heaptrack");
        version_ = has_number() ? number("the version of the format") : 0;
        if (version_ < 1 || version_ > 3) {
            lines_->fail("expected version 1 to 3 of heaptrack's format, found " +
                         std::to_string(version_));
        }
    }

    std::optional<trace::event> read_event() {
        std::string_view line;
        while (lines_->next(line)) {
            if (line.empty()) {
                continue;
            }
            rest_ = line.substr(1);
            switch (line.front()) {
                case '+':
                    return allocated();
                case '-':
                    return freed();
                case 'a':
                    read_allocation();
                    break;
                case 's':
                    read_text();
                    break;
                case 'i':
                    read_place();
                    break;
                case 't':
                    read_call();
                    break;
                case 'c':
                    milliseconds_ =
                        std::max(milliseconds_, number("milliseconds", most_milliseconds));
                    break;
                case 'X':
                    name_program();
                    break;
                case 'x':
                case 'm':
                    lines_->fail("expected a file of heaptrack_interpret: this one is the raw data "
                                 "that it reads");
                case 'A':
                case 'I':
                case 'R':
                case 'S':
                case '#':
                    break;
                default:
                    lines_->fail("expected a line of heaptrack, which begins with one of "
                                 "aAcIiRSstvX+-#");
            }
        }
        expect_calls();
        return std::nullopt;
    }

    [[nodiscard]] bool has_number() const { return rest_.find_first_not_of(' ') != rest_.npos; }

    std::uint64_t number(const char* what, std::uint64_t most = ~std::uint64_t{0}) {
        std::uint64_t found = 0;
        const std::string_view word = take_word(rest_);
        if (!is_hexadecimal(word, found) || found > most) {
            const std::string limit =
                most == ~std::uint64_t{0} ? "" : " of at most " + std::to_string(most);
            lines_->fail(std::string{"expected "}.append(what).append(limit).append(
                ", as a hexadecimal number"));
        }
        return found;
    }

    // --- events ---

    trace::event event_of(trace::event_kind kind) const {
        trace::event all;
        all.kind = kind;
        all.of_form = trace::form::malloc;
        all.resource = 1;
        all.thread = 1;
        all.microseconds = milliseconds_ * 1000;
        return all;
    }

    allocation& allocation_of() {
        const std::uint64_t found = number("the number of an allocation");
        if (found >= allocations_.size()) {
            lines_->fail("expected the number of an allocation before it, of which there are " +
                         std::to_string(allocations_.size()) + "; found " + std::to_string(found));
        }
        return allocations_[found];
    }

    trace::event allocated() {
        allocation& of = allocation_of();
        trace::event all = event_of(trace::event_kind::allocate);
        all.alignment_exponent = malloc_alignment_exponent;
        all.block = blocks_++;
        all.size = of.size;
        all.site = of.call;
        of.live.push_back(all.block);
        return all;
    }

    // Of an attached program, there are frees of blocks from before.
    trace::event freed() {
        allocation& of = allocation_of();
        if (of.live.empty()) {
            return event_of(trace::event_kind::unknown);
        }
        trace::event all = event_of(trace::event_kind::deallocate);
        all.block = of.live.back();
        of.live.pop_back();
        return all;
    }

    // --- what events refer to ---

    void read_allocation() {
        const std::uint64_t size = number("a size", trace::largest_size);
        const std::uint64_t call = number("the number of a call", ~std::uint32_t{0});
        last_call_ = std::max(last_call_, call);
        allocations_.push_back({size, static_cast<std::uint32_t>(call), {}});
    }

    void read_text() {
        if (version_ < 3) {
            texts_.emplace_back(rest_.substr(rest_.empty() ? 0 : 1));
            return;
        }
        const std::uint64_t bytes = number("the bytes of a text");
        const std::string_view text = rest_.substr(std::min<std::size_t>(rest_.size(), 1));
        if (bytes > text.size()) {
            lines_->fail("expected a text of " + std::to_string(bytes) + " bytes, found " +
                         std::to_string(text.size()));
        }
        texts_.emplace_back(text.substr(0, bytes));
    }

    const std::string& text() {
        static const std::string none;
        const std::uint64_t found = number("the number of a text");
        if (found > texts_.size()) {
            lines_->fail("expected the number of a text before it, of which there are " +
                         std::to_string(texts_.size()) + "; found " + std::to_string(found));
        }
        return found == 0 ? none : texts_[found - 1];
    }

    void read_place() {
        trace::code_place place;
        place.address = number("an address");
        const std::string& module = text();
        if (!module.empty()) {
            const auto [at, is_new] = modules_.try_emplace(module, modules_.size() + 1);
            if (is_new) {
                sites_.append_module({.build_id = {}, .path = module});
            }
            place.module = at->second;
        }
        while (has_number()) {
            trace::code_name name;
            name.function = text();
            if (has_number()) {
                name.file = text();
                name.line = static_cast<std::uint32_t>(number("a line", ~std::uint32_t{0}));
            }
            place.names.push_back(std::move(name));
        }
        sites_.append_place(std::move(place));
    }

    void read_call() {
        const std::uint64_t place = number("the number of a place");
        const std::uint64_t caller = number("the number of a call");
        if (place > sites_.places().size() || caller >= sites_.calls().size()) {
            lines_->fail("expected a place and a call before it, of which there are " +
                         std::to_string(sites_.places().size()) + " and " +
                         std::to_string(sites_.calls().size() - 1));
        }
        sites_.append_call({static_cast<std::uint32_t>(caller), static_cast<std::uint32_t>(place)});
    }

    // A file may tell of calls at its end.
    void expect_calls() const {
        if (last_call_ >= sites_.calls().size()) {
            lines_->fail("expected call " + std::to_string(last_call_) +
                         ", in which a block was allocated; the file ends");
        }
    }

    void name_program() { info_.program = take_word(rest_); }

    std::unique_ptr<line_reader> lines_;
    std::string_view rest_;  ///< of the line
    std::uint64_t version_ = 0;
    std::uint64_t milliseconds_ = 0;
    std::uint64_t blocks_ = 0;
    std::uint64_t last_call_ = 0;
    std::vector<std::string> texts_;
    std::unordered_map<std::string, std::uint32_t> modules_;
    std::vector<allocation> allocations_;
    std::optional<trace::event> ahead_;
};

}  // namespace

std::unique_ptr<trace::event_source> read_heaptrack(std::unique_ptr<line_reader> from) {
    return std::make_unique<heaptrack_reader>(std::move(from));
}

}  // namespace strata::tool::importing
