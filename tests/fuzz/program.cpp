// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "program.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <new>

#include <strata/core/resource.hpp>
#include <strata/testing/checking_resource.hpp>

namespace fuzz {
namespace {

constexpr std::size_t most_blocks = 500;

unsigned char pattern(std::uint64_t serial, std::size_t at) {
    return static_cast<unsigned char>(serial * 31 + at * 7 + 1);
}

// Small ones, mostly; around powers of two, where classes end; now and then an impossible one.
std::size_t some_size(input& from) {
    switch (from.below(8)) {
        case 0: return from.below(65536);
        case 1: return (std::size_t{1} << from.below(18)) + from.below(5) - 2;
        case 2: return from.one_in(8) ? ~std::size_t{0} - from.below(256) : from.below(4096);
        default: return from.below(256);
    }
}

std::size_t some_alignment(input& from) {
    return std::size_t{1} << (from.one_in(8) ? from.below(14) : from.below(5));
}

}  // namespace

void fail(const char* what) {
    std::fprintf(stderr, "fuzz: %s\n", what);
    std::abort();
}

void program::run(const trick& other, bool frees) {
    while (!input_.at_end()) {
        switch (input_.below(8)) {
            case 0:
            case 1:
            case 2:
            case 3: allocate(); break;
            case 4:
            case 5:
                if (!blocks_.empty()) {
                    const std::size_t index = input_.below(blocks_.size());
                    const auto which =
                        std::next(blocks_.begin(), static_cast<std::ptrdiff_t>(index));
                    input_.one_in(4) ? resize(which) : free(which);
                }
                break;
            case 6: workers_.end(input_.below(4)); break;
            default: other(*this); break;
        }
    }
    for (auto each = blocks_.cbegin(); each != blocks_.cend(); ++each) {
        check(each);
    }
    while (frees && !blocks_.empty()) {
        free(blocks_.begin());
    }
}

void program::allocate() {
    block made{.bytes = some_size(input_),
               .alignment = some_alignment(input_),
               .serial = next_serial_++};
    if (blocks_.size() == most_blocks) {
        return;
    }
    void* begin = nullptr;
    workers_.run_in(input_.below(4), [&] {
        try {
            begin = memory_.allocate(made.bytes, made.alignment);
        } catch (const std::bad_alloc&) {
        } catch (const strata::checking_resource::foreign_failure&) {
        }
    });
    if (begin == nullptr) {
        return;
    }
    const auto address = reinterpret_cast<std::uintptr_t>(begin);
    if (address % made.alignment != 0) {
        fail("a block is not aligned");
    }
    const auto [at, is_new] = blocks_.emplace(address, made);
    if (!is_new || overlaps(at)) {
        fail("two blocks overlap");
    }
    write(at);
}

void program::resize(blocks::iterator which) {
    check(which);
    void* const begin = reinterpret_cast<void*>(which->first);
    block& resized = which->second;
    const strata::layout as{resized.bytes, resized.alignment};
    const std::size_t near = resized.bytes / 2 + input_.below(2 * resized.bytes + 64);
    const std::size_t bytes = input_.one_in(4) ? some_size(input_) : near;
    bool is_done = false;
    workers_.run_in(input_.below(4),
                    [&] { is_done = strata::try_expand(memory_, begin, as, bytes); });
    if (is_done) {
        resized.bytes = std::min(as.size, bytes);
        check(which);
        resized.bytes = bytes;
        resized.resized = next_serial_++;
        if (overlaps(which)) {
            fail("a block has grown into another");
        }
        write(which);
    }
}

// A block without bytes has an address of its own, too.
bool program::overlaps(blocks::const_iterator which) const {
    const auto end = [](const blocks::value_type& of) {
        return of.first + std::max<std::size_t>(of.second.bytes, 1);
    };
    const auto next = std::next(which);
    return (which != blocks_.begin() && end(*std::prev(which)) > which->first) ||
           (next != blocks_.end() && end(*which) > next->first);
}

void program::free(blocks::iterator which) {
    check(which);
    void* begin = reinterpret_cast<void*>(which->first);
    const block freed = which->second;
    blocks_.erase(which);
    workers_.run_in(input_.below(4),
                    [&] { memory_.deallocate(begin, freed.bytes, freed.alignment); });
}

void program::forget_since(std::uint64_t then) {
    for (auto each = blocks_.cbegin(); each != blocks_.cend(); ++each) {
        check(each);
    }
    std::erase_if(blocks_, [&](const auto& each) { return each.second.resized >= then; });
}

void program::write(blocks::const_iterator which) const {
    auto* bytes = reinterpret_cast<unsigned char*>(which->first);
    for (std::size_t at = 0; at != which->second.bytes; ++at) {
        bytes[at] = pattern(which->second.serial, at);
    }
}

void program::check(blocks::const_iterator which) const {
    const auto* bytes = reinterpret_cast<const unsigned char*>(which->first);
    for (std::size_t at = 0; at != which->second.bytes; ++at) {
        if (bytes[at] != pattern(which->second.serial, at)) {
            fail("a block does not hold what was written to it");
        }
    }
}

}  // namespace fuzz
