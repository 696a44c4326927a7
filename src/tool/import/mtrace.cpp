// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "tool/import/importer.hpp"
#include "tool/trace/number_map.hpp"

namespace strata::tool::importing {
namespace {

constexpr std::uint8_t usual_alignment_exponent = 4;
// No program has memory there.
constexpr std::uint64_t most_address = ~std::uint64_t{0} - 1;

// A line of mtrace: "@ WHERE + ADDRESS SIZE". The signs are + allocated, - freed, < about to be
// reallocated, > reallocated, ! not reallocated; - and < have no size.
struct mtrace_line {
    std::string_view where;  ///< empty if it is not known
    char sign = 0;
    std::uint64_t address = 0;
    std::uint64_t size = 0;
};

// The last word, with the blanks before it taken away too.
std::string_view take_last_word(std::string_view& from) {
    const std::size_t begin = from.rfind(' ') + 1;
    const std::string_view word = from.substr(begin);
    from = from.substr(0, begin == 0 ? 0 : begin - 1);
    return word;
}

bool is_sign(std::string_view word, std::string_view signs) {
    return word.size() == 1 && signs.find(word.front()) != signs.npos;
}

// From its end, since a path may have blanks.
std::optional<mtrace_line> parse_mtrace(std::string_view line) {
    mtrace_line all;
    std::uint64_t last = 0;
    if (!is_hexadecimal(take_last_word(line), last)) {
        return std::nullopt;
    }
    std::string_view word = take_last_word(line);
    if (is_sign(word, "-<")) {
        all.address = last;
    } else {
        all.size = last;
        if (!is_hexadecimal(word, all.address) || !is_sign(word = take_last_word(line), "+>!")) {
            return std::nullopt;
        }
    }
    if (all.address > most_address) {
        return std::nullopt;
    }
    all.sign = word.front();
    if (line.starts_with("@ ")) {
        all.where = line.substr(2);
    } else if (!line.empty()) {
        return std::nullopt;
    }
    return all;
}

class mtrace_reader final : public trace::event_source {
public:
    explicit mtrace_reader(std::unique_ptr<line_reader> from)
        : event_source{from->name(), trace::on_damage::refuse},
          lines_{std::move(from)} {
        info_.program = lines_->name();  // the file does not tell it
    }

    bool next(trace::event& to) override {
        std::string_view line;
        while (ready_.empty() && lines_->next(line)) {
            if (line.empty() || line.starts_with("= ")) {
                continue;
            }
            const std::optional<mtrace_line> parsed = parse_mtrace(line);
            if (!parsed) {
                lines_->fail("expected a line of mtrace: \"@ WHERE + ADDRESS SIZE\", with -, <, > "
                             "or ! in place of +");
            }
            if (parsed->size > trace::largest_size && parsed->sign != '!') {
                lines_->fail("expected a size below 2^48");
            }
            read(*parsed);
        }
        if (ready_.empty()) {
            return false;
        }
        to = ready_.front();
        ready_.pop_front();
        return true;
    }
    [[nodiscard]] std::uint64_t bytes() const override { return lines_->bytes(); }

private:
    trace::event& add(trace::event_kind kind) {
        trace::event& all = ready_.emplace_back();
        all.kind = kind;
        all.of_form = trace::form::malloc;
        all.resource = 1;
        all.thread = 1;
        return all;
    }

    void read(const mtrace_line& line) {
        switch (line.sign) {
            case '-':
                return free_block(line);
            case '<':
                moving_ = line.address;
                return;
            case '>':
                return reallocate(line);
            case '!':
                add(trace::event_kind::refused).size = std::min(line.size, trace::largest_size);
                return;
            default:
                return allocate(line);
        }
    }

    void allocate(const mtrace_line& line) {
        if (const auto before = blocks_.take(line.address)) {
            add(trace::event_kind::missed).block = *before;
        }
        trace::event& all = add(trace::event_kind::allocate);
        all.alignment_exponent = usual_alignment_exponent;
        all.block = next_block_;
        all.size = line.size;
        all.site = call_of(line.where);
        blocks_.put(line.address, next_block_++);
    }

    void free_block(const mtrace_line& line) {
        if (const auto block = blocks_.take(line.address)) {
            add(trace::event_kind::deallocate).block = *block;
        } else {
            add(trace::event_kind::unknown);
        }
    }

    // After the line of the block that it was.
    void reallocate(const mtrace_line& line) {
        const auto from = std::exchange(moving_, std::nullopt);
        const auto block = from ? blocks_.take(*from) : std::nullopt;
        if (!block) {
            return allocate(line);
        }
        if (const auto before = blocks_.take(line.address)) {
            add(trace::event_kind::missed).block = *before;
        }
        trace::event& all = add(trace::event_kind::reallocate);
        all.alignment_exponent = usual_alignment_exponent;
        all.block = *block;
        all.size = line.size;
        all.site = call_of(line.where);
        blocks_.put(line.address, *block);
    }

    // A place is "FILE:(FUNCTION+OFFSET)[ADDRESS]", with as much of it as is known. The address is
    // that of the return, in the file.
    std::uint32_t call_of(std::string_view where) {
        if (where.empty()) {
            return 0;
        }
        const auto [at, is_new] = calls_.try_emplace(std::string{where}, calls_.size() + 1);
        if (!is_new) {
            return at->second;
        }
        trace::code_place place;
        const std::size_t bracket = where.rfind('[');
        std::uint64_t address = 0;
        if (bracket != where.npos && where.ends_with(']') &&
            is_hexadecimal(where.substr(bracket + 1, where.size() - bracket - 2), address)) {
            place.address = address == 0 ? 0 : address - 1;
            where = where.substr(0, bracket);
        }
        if (const std::size_t function = where.rfind(":(");
            function != where.npos && where.ends_with(')')) {
            const std::string_view name = where.substr(function + 2);
            const std::size_t end = std::min(name.rfind('+'), name.size() - 1);
            place.names.push_back({.function = std::string{name.substr(0, end)}, .file = {}});
            where = where.substr(0, function);
        } else if (where.ends_with(':')) {
            where.remove_suffix(1);
        }
        place.module = module_of(where);
        sites_.append_place(std::move(place));
        sites_.append_call({0, static_cast<std::uint32_t>(sites_.places().size())});
        return at->second;
    }

    std::uint32_t module_of(std::string_view path) {
        if (path.empty()) {
            return 0;
        }
        const auto [at, is_new] = modules_.try_emplace(std::string{path}, modules_.size() + 1);
        if (is_new) {
            sites_.append_module({.build_id = {}, .path = std::string{path}});
        }
        return at->second;
    }

    std::unique_ptr<line_reader> lines_;
    std::deque<trace::event> ready_;
    trace::number_map<std::uint64_t> blocks_;  ///< by address
    std::uint64_t next_block_ = 0;
    std::optional<std::uint64_t> moving_;  ///< address of the block that is being reallocated
    std::unordered_map<std::string, std::uint32_t> calls_;
    std::unordered_map<std::string, std::uint32_t> modules_;
};

}  // namespace

std::unique_ptr<trace::event_source> read_mtrace(std::unique_ptr<line_reader> from) {
    return std::make_unique<mtrace_reader>(std::move(from));
}

}  // namespace strata::tool::importing
