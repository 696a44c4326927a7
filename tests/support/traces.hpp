// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_TRACES_HPP
#define STRATA_TESTS_SUPPORT_TRACES_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "bytes_stream.hpp"
#include "live_trace_writer.hpp"
#include "random.hpp"
#include "tool/failure.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/trace/packed_writer.hpp"

namespace tests {

/// As `operations`, but at most twenty times as many: these are whole files, not single calls.
[[nodiscard]] inline std::size_t rounds(std::size_t usual) {
    return std::min(operations(usual), 20 * usual);
}

/// Events, with their texts.
struct event_list {
    std::vector<strata::tool::trace::event> events;
    std::deque<std::string> texts;

    void add(strata::tool::trace::event next) {
        if (has_text(next.kind)) {
            next.text = texts.emplace_back(next.text);
        }
        events.push_back(next);
    }
};

/// All that a reader makes of a file.
struct trace_content {
    strata::tool::trace::trace_info info;
    event_list list;
    strata::tool::trace::call_sites sites;
    std::uint64_t places_left_out = 0;
};

[[nodiscard]] inline trace_content read_all(
    std::string_view file,
    strata::tool::trace::on_damage policy = strata::tool::trace::on_damage::refuse,
    bool may_seek = true) {
    const auto source = strata::tool::trace::read_trace(
        std::make_unique<bytes_stream>(file, may_seek), "FILE", policy);
    trace_content all;
    all.info = source->info();
    for (strata::tool::trace::event each; source->next(each);) {
        all.list.add(each);
    }
    all.places_left_out = source->left_out().places;
    all.sites = source->sites();
    return all;
}

/// Why a reader refuses the file; empty if it does not.
[[nodiscard]] inline std::string refusal_of(std::string_view file) {
    try {
        (void)read_all(file);
        return "";
    } catch (const strata::tool::failure& why) {
        return why.what();
    }
}

[[nodiscard]] inline std::string packed(const std::vector<strata::tool::trace::event>& events,
                                        const strata::tool::trace::trace_info& info,
                                        const strata::tool::trace::call_sites& sites = {}) {
    std::ostringstream file;
    strata::tool::trace::packed_writer to{file, info};
    for (const strata::tool::trace::event& each : events) {
        to.add(each);
    }
    to.finish(sites);
    return file.str();
}

/// A random program of several threads: the live trace of it, and the events that a reader must
/// make of that.
class random_trace {
public:
    random_trace(std::uint64_t seed, std::size_t threads, std::size_t steps,
                 std::uint32_t events_in_chunk = strata::live_trace::events_per_chunk,
                 bool has_stacks = false)
        : dice_{seed},
          file_{"a program", events_in_chunk, has_stacks},
          has_stacks_{has_stacks},
          changing_(threads) {
        for (; steps != 0; --steps) {
            clock_ += 1 + dice_.below(3);
            step(dice_.below(threads));
        }
    }

    [[nodiscard]] const std::string& file() const { return file_.bytes(); }
    [[nodiscard]] const event_list& expected() const { return expected_; }
    /// The calls, without names.
    [[nodiscard]] const strata::tool::trace::call_sites& expected_sites() const { return sites_; }

private:
    using kind = strata::live_trace::kind;
    using event_kind = strata::tool::trace::event_kind;

    struct block {
        std::uint64_t number;
        std::uint64_t size;
    };
    struct place {
        std::uint64_t resource;
        std::uint64_t address;
        auto operator<=>(const place&) const = default;
    };
    struct change {
        place at;
        std::optional<block> of;
        std::uint32_t site = 0;
    };

    void step(std::size_t thread) {
        thread_ = thread + 1;
        if (changing_[thread]) {
            return dice_.below(2) == 0 ? end_change(changing_[thread]) : void();
        }
        switch (dice_.below(20)) {
            case 0:
                return begin_change(changing_[thread]);
            case 1:
                return unknown();
            case 2:
                return simple();
            case 3:
                return named();
            case 4:
                return dice_.below(50) == 0 ? release() : allocate();
            default:
                return dice_.below(blocks_.size() + 10) < 10 ? allocate() : free();
        }
    }

    live_event raw(kind of, const place& at = {}, std::uint64_t size = 0) const {
        return {.kind = of,
                .thread = thread_,
                .clock = 1000 + clock_,
                .address = at.address,
                .size = size,
                .resource = at.resource};
    }
    strata::tool::trace::event made(event_kind of, std::uint64_t resource = 0,
                                    std::uint64_t block = 0, std::uint64_t size = 0) const {
        strata::tool::trace::event all;
        all.kind = of;
        all.alignment_exponent = of == event_kind::missed ? 0 : 4;
        all.resource = static_cast<std::uint16_t>(resource);
        all.thread = static_cast<std::uint32_t>(thread_);
        all.block = block;
        all.size = size;
        all.microseconds = clock_;
        return all;
    }

    std::uint64_t size() { return dice_.below(dice_.below(8) == 0 ? 1'000'000 : 100); }
    place somewhere() { return {dice_.below(4), 16 * (1 + dice_.below(2000))}; }

    void miss(const place& at) {
        if (const auto old = blocks_.find(at); old != blocks_.end()) {
            expected_.add(made(event_kind::missed, at.resource, old->second.number));
            blocks_.erase(old);
        }
    }
    void allocate() {
        const place at = somewhere();
        const block made_now{next_++, size()};
        live_event written = raw(kind::allocate, at, made_now.size);
        written.form = static_cast<strata::live_trace::form>(dice_.below(6));
        written.alignment_exponent = static_cast<unsigned>(dice_.below(7));
        const std::uint32_t site = somewhere_in_the_program();
        file_.add(written);
        miss(at);
        auto seen = made(event_kind::allocate, at.resource, made_now.number, made_now.size);
        seen.of_form = written.form;
        seen.site = site;
        seen.alignment_exponent = static_cast<std::uint8_t>(written.alignment_exponent);
        expected_.add(seen);
        blocks_[at] = made_now;
    }
    std::map<place, block>::iterator some_block() {
        const auto at = blocks_.lower_bound(somewhere());
        return at == blocks_.end() ? blocks_.begin() : at;
    }
    void free() {
        if (blocks_.empty()) {
            return;
        }
        const auto [at, gone] = *some_block();
        const std::uint64_t passed = dice_.below(3) == 0 ? 0 : gone.size + (dice_.below(9) == 0);
        file_.add(raw(kind::deallocate, at, passed));
        auto seen = made(event_kind::deallocate, at.resource, gone.number,
                         passed == gone.size ? 0 : passed);
        seen.is_sized = passed != 0;
        expected_.add(seen);
        blocks_.erase(at);
    }
    void unknown() {
        const place at = somewhere();
        if (!blocks_.contains(at)) {
            file_.add(raw(kind::deallocate, at));
            expected_.add(made(event_kind::unknown, at.resource));
        }
    }
    void begin_change(std::optional<change>& in) {
        if (blocks_.empty()) {
            return;
        }
        const auto at = some_block();
        in = {at->first, at->second, somewhere_in_the_program()};
        file_.add(raw(kind::reallocate_begin, at->first));
        blocks_.erase(at);
    }
    void end_change(std::optional<change>& in) {
        const place old = in->at;
        block changed = *in->of;
        const std::uint32_t site = in->site;
        in.reset();
        const std::uint64_t wanted = size();
        // Only if no other thread has got the address, which is then still the block's.
        if (dice_.below(4) == 0 && !blocks_.contains(old)) {
            file_.add(raw(kind::reallocate_end, {old.resource, 0}, wanted));
            expected_.add(made(event_kind::refused, old.resource, 0, wanted));
            blocks_[old] = changed;
            return;
        }
        const place at{old.resource, somewhere().address};
        changed.size = wanted;
        file_.add(raw(kind::reallocate_end, at, wanted));
        miss(at);
        auto seen = made(event_kind::reallocate, at.resource, changed.number, wanted);
        seen.site = site;
        expected_.add(seen);
        blocks_[at] = changed;
    }
    // Tells where the next event of the thread was called from, and sometimes makes a call for it.
    std::uint32_t somewhere_in_the_program() {
        if (!has_stacks_ || dice_.below(5) == 0) {
            return 0;
        }
        auto known = static_cast<std::uint32_t>(sites_.calls().size() - 1);
        if (known == 0 || dice_.below(3) == 0) {
            const auto caller = static_cast<std::uint32_t>(dice_.below(known + 1u));
            const auto module = static_cast<std::uint32_t>(dice_.below(4));
            if (module >= sites_.modules().size()) {
                return 0;
            }
            const std::uint64_t address = 4096 + dice_.below(300);
            ++known;
            file_.add(raw(kind::call, {module, address},
                          known | std::uint64_t{caller} << strata::live_trace::bits_of_call));
            (void)sites_.add_call(known, caller, module, address);
        }
        const std::uint64_t site = 1 + dice_.below(known);
        file_.add(raw(kind::site, {}, site));
        return static_cast<std::uint32_t>(site);
    }
    void load_module() {
        const auto number = static_cast<std::uint32_t>(sites_.modules().size());
        const std::string path = "/lib/lib" + std::to_string(number) + ".so";
        const std::string text = "ab12 " + path;
        live_event written = raw(kind::module, {number, 65536 * number});
        written.text = text;
        file_.add(written);
        (void)sites_.add_module(number, {"ab12", path, 65536 * number});
    }
    void release() {
        const std::uint64_t resource = dice_.below(4);
        file_.add(raw(kind::release, {resource, 0}));
        expected_.add(made(event_kind::release, resource));
        std::erase_if(blocks_, [&](const auto& each) { return each.first.resource == resource; });
    }
    void simple() {
        if (has_stacks_ && sites_.modules().size() < 4) {
            return load_module();
        }
        constexpr std::pair<kind, event_kind> kinds[]{
            {kind::refused, event_kind::refused},
            {kind::thread_begin, event_kind::thread_begin},
            {kind::thread_end, event_kind::thread_end},
            {kind::dropped, event_kind::dropped}};
        const auto [of, seen] = kinds[dice_.below(4)];
        const std::uint64_t number = size();
        file_.add(raw(of, {}, number));
        expected_.add(made(seen, 0, 0, number));
    }
    void named() {
        const std::string name(1 + dice_.below(60), static_cast<char>('a' + dice_.below(26)));
        const bool is_phase = dice_.below(2) == 0;
        const place at{dice_.below(4), is_phase ? 0 : dice_.below(4)};
        live_event written = raw(is_phase ? kind::phase : kind::resource, at);
        written.text = name;
        file_.add(written);
        auto seen =
            made(is_phase ? event_kind::phase : event_kind::resource, at.resource, 0, at.address);
        seen.text = name;
        expected_.add(seen);
    }

    random dice_;
    live_trace_writer file_;
    event_list expected_;
    bool has_stacks_;
    strata::tool::trace::call_sites sites_;
    std::vector<std::optional<change>> changing_;
    std::map<place, block> blocks_;
    std::uint64_t clock_ = 0;
    std::uint64_t next_ = 0;
    std::uint64_t thread_ = 1;
};

}  // namespace tests

#endif
