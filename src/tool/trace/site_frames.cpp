// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/site_frames.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "tool/trace/event.hpp"
#include "tool/trace/packed_format.hpp"
#include "tool/trace/varint.hpp"

namespace strata::tool::trace {
namespace {

constexpr std::uint64_t most_number = std::numeric_limits<std::uint32_t>::max();

class writer {
public:
    explicit writer(std::size_t most_bytes) : most_{most_bytes} {}

    void add(const code_module& next) {
        const std::uint64_t path = text(next.path);
        const std::uint64_t build_id = text(next.build_id);
        for (const std::uint64_t each : {path, build_id, next.bias}) {
            append_varint(of(site_column::modules), each);
        }
        end_item();
    }
    void add(const code_place& next) {
        append_varint(of(site_column::places), next.module);
        append_varint(of(site_column::places), next.address);
        append_varint(of(site_column::places), next.names.size());
        for (const code_name& each : next.names) {
            const std::uint64_t function = text(each.function);
            const std::uint64_t file = text(each.file);
            for (const std::uint64_t number : {function, file, std::uint64_t{each.line}}) {
                append_varint(of(site_column::names), number);
            }
        }
        end_item();
    }
    void add(const call_sites::call& next, std::uint32_t number) {
        append_varint(of(site_column::callers), number - next.caller);
        append_varint(of(site_column::call_places), next.place);
        end_item();
    }
    [[nodiscard]] std::vector<std::string> finish() {
        end_frame();
        return std::move(payloads_);
    }

private:
    [[nodiscard]] std::string& of(site_column which) {
        return columns_[static_cast<std::size_t>(which)];
    }
    // Each text is written once; 0 is an empty one.
    std::uint64_t text(std::string_view text) {
        text = text.substr(0, longest_text);
        if (text.empty()) {
            return 0;
        }
        const auto [at, is_new] = texts_.try_emplace(std::string{text}, texts_.size() + 1);
        if (is_new) {
            append_varint(of(site_column::texts), text.size());
            of(site_column::texts) += text;
        }
        return at->second;
    }
    void end_item() {
        const auto bytes = std::accumulate(
            columns_.begin(), columns_.end(), std::size_t{0},
            [](std::size_t sum, const std::string& each) { return sum + each.size(); });
        if (bytes >= most_) {
            end_frame();
        }
    }
    void end_frame() {
        std::string payload;
        for (std::size_t i = 0; i != columns_.size(); ++i) {
            if (!columns_[i].empty()) {
                append_varint(payload, i);
                append_varint(payload, columns_[i].size());
                payload += columns_[i];
                columns_[i].clear();
            }
        }
        if (!payload.empty()) {
            payloads_.push_back(std::move(payload));
        }
    }

    std::size_t most_;
    std::array<std::string, site_columns> columns_;
    std::map<std::string, std::uint64_t, std::less<>> texts_;
    std::vector<std::string> payloads_;
};

}  // namespace

std::vector<std::string> site_frames(const call_sites& of, std::size_t most_bytes) {
    if (of.empty()) {
        return {};
    }
    writer to{most_bytes};
    for (const code_module& each : of.modules().subspan(1)) {
        to.add(each);
    }
    for (const code_place& each : of.places()) {
        to.add(each);
    }
    for (std::uint32_t number = 1; number != of.calls().size(); ++number) {
        to.add(of.calls()[number], number);
    }
    return to.finish();
}

// --- reading ------------------------------------------------------------------------------------

const std::string* site_frame_reader::text(std::uint64_t number) const noexcept {
    return number < texts_.size() ? &texts_[number] : nullptr;
}

const char* site_frame_reader::read(std::string_view payload, call_sites& to) {
    std::array<std::string_view, site_columns> parts{};
    while (!payload.empty()) {
        std::uint64_t which = 0;
        std::uint64_t bytes = 0;
        std::string_view content;
        if (!take_varint(payload, which) || !take_varint(payload, bytes) ||
            !take_bytes(payload, bytes, content)) {
            return "expected whole columns in the frame";
        }
        if (which < parts.size()) {
            parts[which] = content;
        }
    }
    const auto of = [&](site_column which) -> std::string_view& {
        return parts[static_cast<std::size_t>(which)];
    };
    for (std::string_view& rest = of(site_column::texts); !rest.empty();) {
        std::uint64_t bytes = 0;
        std::string_view text;
        if (!take_varint(rest, bytes) || bytes > longest_text || !take_bytes(rest, bytes, text)) {
            return "expected texts of at most 4,096 bytes in the frame";
        }
        texts_.emplace_back(text);
    }
    for (std::string_view& rest = of(site_column::modules); !rest.empty();) {
        std::uint64_t path = 0;
        std::uint64_t build_id = 0;
        std::uint64_t bias = 0;
        if (!take_varint(rest, path) || !take_varint(rest, build_id) || !take_varint(rest, bias) ||
            text(path) == nullptr || text(build_id) == nullptr) {
            return "expected modules with texts that are there, in the frame";
        }
        to.append_module({*text(build_id), *text(path), bias});
    }
    std::string_view& names = of(site_column::names);
    for (std::string_view& rest = of(site_column::places); !rest.empty();) {
        std::uint64_t module = 0;
        std::uint64_t count = 0;
        code_place next;
        if (!take_varint(rest, module) || !take_varint(rest, next.address) ||
            !take_varint(rest, count) || module >= to.modules().size()) {
            return "expected places in modules that are there, in the frame";
        }
        next.module = static_cast<std::uint32_t>(module);
        for (; count != 0; --count) {
            std::uint64_t function = 0;
            std::uint64_t file = 0;
            std::uint64_t line = 0;
            if (!take_varint(names, function) || !take_varint(names, file) ||
                !take_varint(names, line) || text(function) == nullptr || text(file) == nullptr ||
                line > most_number) {
                return "expected names with texts that are there, in the frame";
            }
            next.names.push_back({*text(function), *text(file), static_cast<std::uint32_t>(line)});
        }
        to.append_place(std::move(next));
    }
    std::string_view& places = of(site_column::call_places);
    for (std::string_view& rest = of(site_column::callers); !rest.empty();) {
        std::uint64_t distance = 0;
        std::uint64_t place = 0;
        const std::uint64_t number = to.calls().size();
        if (!take_varint(rest, distance) || !take_varint(places, place) || distance == 0 ||
            distance > number || place > to.places().size() || number > most_number) {
            return "expected calls inside of earlier ones, at places that are there, in the frame";
        }
        to.append_call(
            {static_cast<std::uint32_t>(number - distance), static_cast<std::uint32_t>(place)});
    }
    return std::ranges::all_of(parts, &std::string_view::empty)
               ? nullptr
               : "expected fewer numbers in a column of the frame";
}

}  // namespace strata::tool::trace
