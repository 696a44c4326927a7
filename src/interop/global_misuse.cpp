// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// The messages of operator delete about blocks that it cannot free.
#include <array>
#include <cstdarg>
#include <string>

#include <strata/adaptors/detail/block_checker.hpp>
#include <strata/core/layer_tree.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/diagnostics/stack_trace.hpp>
#include <strata/interop/detail/global_block.hpp>
#include <strata/interop/detail/global_program.hpp>

#include "detail/shield.hpp"

namespace strata::global::detail {
namespace {

using strata::detail::block_checker;

[[gnu::format(printf, 1, 2)]] void say(const char* format, ...) noexcept {
    const strata::detail::shield here;
    std::array<char, 256> message{};
    std::va_list arguments;
    va_start(arguments, format);
    strata::detail::text_writer{message}.vprint(format, arguments);
    va_end(arguments);
    std::string text;
    try {
        const strata::detail::attempt now;
        text = message.data();
        (text += '\n') += strata::detail::text_of_calls(stack_trace::capture(1).addresses());
        text.pop_back();  // the end of the last line
    } catch (...) {
        text.clear();
    }
    misuse(text.empty() ? message.data() : text.c_str());
}

[[nodiscard]] block_checker* find_checker() noexcept {
    for (std::pmr::memory_resource* const in : {installed.load(), initial.load()}) {
        if (auto* const found = in == nullptr ? nullptr : find<block_checker>(*in)) {
            return found;
        }
    }
    return nullptr;
}

[[nodiscard]] void* before(void* block, std::size_t bytes) noexcept {
    return static_cast<std::byte*>(block) - bytes;
}

}  // namespace

void report_wrong_delete(void* block, std::size_t size, std::size_t alignment) noexcept {
    const block_header& header = block_header::of(block);
    block_checker* const checker = find_checker();
    if (header.is_of_live()) {
        const std::size_t asked = header.alignment();
        if (checker != nullptr) {
            const std::size_t offset = block_header::offset(asked);
            return give_back_to(*checker, before(block, offset),
                                {header.size() + offset, alignment});
        }
        return say("%s of %p aligned to %zu, which was asked for aligned to %zu",
                   names.deallocate, block, alignment, asked);
    }
    const std::size_t offset = block_header::offset(alignment);
    if (checker != nullptr && checker->owns(before(block, offset)) != ownership::yes) {
        return give_back_to(*checker, before(block, offset), {size + offset, alignment});
    }
    if (header.is_of_freed()) {
        return say("%s of %p: the block was freed before", names.deallocate, block);
    }
    if (checker != nullptr) {
        return say("%s of %p: the block's header is corrupted", names.deallocate, block);
    }
    say("%s of %p: not a live block of %s, or its header is corrupted", names.deallocate, block,
        names.allocate);
}

bool may_free_with_another_size(std::pmr::memory_resource& owner, void* block, std::size_t asked,
                                std::size_t freed) noexcept {
    if (find<block_checker>(owner) != nullptr) {
        return true;
    }
    say("%s of %p with %zu bytes, which was asked for with %zu", names.deallocate, block, freed,
        asked);
    return false;
}

}  // namespace strata::global::detail
