// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "frame_rule.hpp"

#include <array>
#include <cstddef>
#include <cstring>

namespace strata::detail {

#ifndef STRATA_HAS_FRAME_RULES

frame_rule find_frame_rule(std::uintptr_t /*address*/) noexcept {
    return {};
}

#else

namespace {

using address = std::uintptr_t;

// Encodings of pointers, as in DWARF's .eh_frame.
constexpr std::uint8_t as_udata4 = 0x03;
constexpr std::uint8_t as_datarel_sdata4 = 0x3B;
constexpr std::uint8_t relative_to_place = 0x10;

constexpr std::uint64_t bp_register = 6;
constexpr std::uint64_t sp_register = 7;
constexpr std::uint64_t return_register = 16;

/// Reads what is between two addresses. After the end there are zeros, and `is_good` is false.
class cursor {
public:
    cursor(address begin, address end) : at_{begin}, end_{end} {}

    template <class Number>
    Number take() noexcept {
        Number number{};
        if (end_ - at_ < sizeof number) {
            at_ = end_;
            is_good = false;
        } else {
            std::memcpy(&number, reinterpret_cast<const void*>(at_), sizeof number);
            at_ += sizeof number;
        }
        return number;
    }
    std::uint64_t take_unsigned() noexcept {
        std::uint64_t number = 0;
        std::uint8_t byte = 128;
        for (unsigned shift = 0; byte >= 128 && shift < 64; shift += 7) {
            byte = take<std::uint8_t>();
            number |= std::uint64_t{byte & 127u} << shift;
        }
        return number;
    }
    std::int64_t take_signed() noexcept {
        std::uint64_t number = 0;
        std::uint8_t byte = 128;
        unsigned shift = 0;
        for (; byte >= 128 && shift < 64; shift += 7) {
            byte = take<std::uint8_t>();
            number |= std::uint64_t{byte & 127u} << shift;
        }
        if ((byte & 64) != 0 && shift < 64) {
            number |= ~std::uint64_t{0} << shift;
        }
        return static_cast<std::int64_t>(number);
    }
    /// A pointer in one of the encodings that compilers use.
    address take_pointer(std::uint8_t encoding) noexcept {
        const address place = at_;
        address number = 0;
        switch (encoding & 0x0F) {
            case 0x00:
            case 0x04:
            case 0x0C:
                number = take<std::uint64_t>();
                break;
            case as_udata4:
                number = take<std::uint32_t>();
                break;
            case 0x0B:
                number = static_cast<address>(std::int64_t{take<std::int32_t>()});
                break;
            default:
                is_good = false;
        }
        return (encoding & 0x70) == relative_to_place ? number + place : number;
    }
    void skip(std::uint64_t bytes) noexcept {
        is_good = is_good && bytes <= end_ - at_;
        at_ = is_good ? at_ + bytes : end_;
    }
    /// The next bytes.
    cursor part(std::uint64_t bytes) noexcept {
        const address begin = at_;
        skip(bytes);
        return {begin, at_};
    }

    [[nodiscard]] bool is_empty() const noexcept { return at_ == end_; }
    [[nodiscard]] address at() const noexcept { return at_; }

    bool is_good = true;

private:
    address at_;
    address end_;
};

/// What functions have in common: a CIE.
struct common {
    std::uint64_t code_unit = 1;
    std::int64_t data_unit = 1;
    std::uint8_t pointers = 0;
    bool has_data = false;
    bool is_usable = false;
    cursor instructions{0, 0};
};

cursor entry_at(address at) noexcept {
    cursor head{at, at + 4};
    const auto bytes = head.take<std::uint32_t>();
    // A length of 64 bits is marked by ones. No compiler writes it here.
    return {at + 4, at + 4 + (bytes == ~std::uint32_t{0} ? 0 : bytes)};
}

// A frame of a signal handler's caller is known by other rules. The stack ends there.
common common_at(address at) noexcept {
    common all;
    cursor from = entry_at(at);
    const bool is_one = from.take<std::uint32_t>() == 0;
    const auto version = from.take<std::uint8_t>();
    std::array<char, 8> letters{};
    for (char& each : letters) {
        each = from.take<char>();
        if (each == '\0') {
            break;
        }
    }
    all.code_unit = from.take_unsigned();
    all.data_unit = from.take_signed();
    const std::uint64_t returns = version == 1 ? from.take<std::uint8_t>() : from.take_unsigned();
    bool is_known = letters.back() == '\0' && (letters[0] == '\0' || letters[0] == 'z');
    if (letters[0] == 'z') {
        all.has_data = true;
        cursor data = from.part(from.take_unsigned());
        for (std::size_t i = 1; i != letters.size() && letters[i] != '\0'; ++i) {
            if (letters[i] == 'R') {
                all.pointers = data.take<std::uint8_t>();
            } else if (letters[i] == 'P') {
                const auto encoding = data.take<std::uint8_t>();
                (void)data.take_pointer(encoding);
            } else if (letters[i] == 'L') {
                (void)data.take<std::uint8_t>();
            } else {
                is_known = false;
            }
        }
        is_known = is_known && data.is_good;
    }
    all.is_usable = is_one && is_known && from.is_good && returns == return_register;
    all.instructions = from;
    return all;
}

/// Where a register of the caller is.
struct saved {
    enum class place : std::uint8_t { same, at_cfa, at_bp, other, undefined } where = place::same;
    std::int64_t offset = 0;
};

/// One row of the table that the instructions describe.
struct row {
    enum class cfa : std::uint8_t { by_register, at_bp, other } kind = cfa::other;
    std::uint64_t cfa_register = 0;
    std::int64_t cfa_offset = 0;
    saved bp;
    saved returns;

    [[nodiscard]] saved* of(std::uint64_t number) noexcept {
        return number == bp_register ? &bp : number == return_register ? &returns : nullptr;
    }
};

class machine {
public:
    explicit machine(const common& of) : of_{of} {}

    /// Carries out instructions up to the row of the address. False if one is not known.
    bool run(cursor from, address begin, address wanted) noexcept {
        location_ = begin;
        while (!from.is_empty() && location_ <= wanted) {
            if (!carry_out(from) || !from.is_good) {
                return false;
            }
            if (location_ <= wanted) {
                reached_ = now_;
            }
        }
        return true;
    }
    void start() noexcept { initial_ = reached_; }
    [[nodiscard]] const row& reached() const noexcept { return reached_; }

private:
    void advance(std::uint64_t units) noexcept { location_ += units * of_.code_unit; }
    void save(std::uint64_t number, saved how) noexcept {
        if (saved* const to = now_.of(number)) {
            *to = how;
        }
    }
    [[nodiscard]] std::int64_t scaled(std::uint64_t number) const noexcept {
        return static_cast<std::int64_t>(number) * of_.data_unit;
    }
    void restore(std::uint64_t number) noexcept {
        if (saved* const to = now_.of(number)) {
            *to = *initial_.of(number);
        }
    }
    void set_cfa(std::uint64_t number, std::int64_t offset) noexcept {
        now_.kind = row::cfa::by_register;
        now_.cfa_register = number;
        now_.cfa_offset = offset;
    }
    // Only the base pointer and an offset, read (`is_read`) or as it is.
    static bool is_from_bp(cursor expression, bool is_read, std::int64_t& offset) noexcept {
        constexpr std::uint8_t bp_and_offset = 0x76;
        constexpr std::uint8_t dereference = 0x06;
        const bool begins = expression.take<std::uint8_t>() == bp_and_offset;
        offset = expression.take_signed();
        return begins && (!is_read || expression.take<std::uint8_t>() == dereference) &&
               expression.is_good && expression.is_empty();
    }
    bool carry_out(cursor& from) noexcept;

    const common& of_;
    address location_ = 0;
    row now_;
    row reached_;
    row initial_;
    std::array<row, 8> remembered_{};
    std::size_t count_ = 0;
};

bool machine::carry_out(cursor& from) noexcept {
    using place = saved::place;
    const auto code = from.take<std::uint8_t>();
    const std::uint64_t operand = code & 0x3F;
    switch (code & 0xC0) {
        case 0x40:
            advance(operand);
            return true;
        case 0x80:
            save(operand, {place::at_cfa, scaled(from.take_unsigned())});
            return true;
        case 0xC0:
            restore(operand);
            return true;
        default:
            break;
    }
    switch (code) {
        case 0x00:  // nothing
            return true;
        case 0x01:  // set the location
            location_ = from.take_pointer(of_.pointers);
            return true;
        case 0x02:
            advance(from.take<std::uint8_t>());
            return true;
        case 0x03:
            advance(from.take<std::uint16_t>());
            return true;
        case 0x04:
            advance(from.take<std::uint32_t>());
            return true;
        case 0x05: {
            const std::uint64_t number = from.take_unsigned();
            save(number, {place::at_cfa, scaled(from.take_unsigned())});
            return true;
        }
        case 0x06:
            restore(from.take_unsigned());
            return true;
        case 0x07:
            save(from.take_unsigned(), {place::undefined, 0});
            return true;
        case 0x08:
            save(from.take_unsigned(), {place::same, 0});
            return true;
        case 0x09: {  // in another register
            const std::uint64_t number = from.take_unsigned();
            (void)from.take_unsigned();
            save(number, {place::other, 0});
            return true;
        }
        case 0x0A:
            if (count_ == remembered_.size()) {
                return false;
            }
            remembered_[count_++] = now_;
            return true;
        case 0x0B:
            if (count_ == 0) {
                return false;
            }
            now_ = remembered_[--count_];
            return true;
        case 0x0C: {
            const std::uint64_t number = from.take_unsigned();
            set_cfa(number, static_cast<std::int64_t>(from.take_unsigned()));
            return true;
        }
        case 0x0D:
            now_.cfa_register = from.take_unsigned();
            return true;
        case 0x0E:
            now_.cfa_offset = static_cast<std::int64_t>(from.take_unsigned());
            return true;
        case 0x0F: {
            const bool is_usual =
                is_from_bp(from.part(from.take_unsigned()), true, now_.cfa_offset);
            now_.kind = is_usual ? row::cfa::at_bp : row::cfa::other;
            return true;
        }
        case 0x10: {
            const std::uint64_t number = from.take_unsigned();
            std::int64_t offset = 0;
            const bool is_usual = is_from_bp(from.part(from.take_unsigned()), false, offset);
            save(number, {is_usual ? place::at_bp : place::other, offset});
            return true;
        }
        case 0x11: {
            const std::uint64_t number = from.take_unsigned();
            save(number, {place::at_cfa, from.take_signed() * of_.data_unit});
            return true;
        }
        case 0x12: {
            const std::uint64_t number = from.take_unsigned();
            set_cfa(number, from.take_signed() * of_.data_unit);
            return true;
        }
        case 0x13:
            now_.cfa_offset = from.take_signed() * of_.data_unit;
            return true;
        case 0x14:
        case 0x15:
        case 0x16: {  // the value itself, by a rule
            const std::uint64_t number = from.take_unsigned();
            if (code == 0x16) {
                (void)from.part(from.take_unsigned());
            } else {
                (void)from.take_unsigned();
            }
            save(number, {place::other, 0});
            return true;
        }
        case 0x2E:  // the size of arguments
            (void)from.take_unsigned();
            return true;
        default:
            return false;
    }
}

// What a frame rule can hold, if the row says that.
frame_rule rule_of(const row& of) noexcept {
    using place = saved::place;
    constexpr std::int64_t most_offset = 8 * 32767;
    constexpr std::int64_t most_below = 8 * 2047;
    const bool is_usual = of.returns.where == place::at_cfa && of.returns.offset == -8 &&
                          of.cfa_offset % 8 == 0 && of.cfa_offset <= most_offset &&
                          of.cfa_offset >= -most_offset;
    if (!is_usual) {
        return {};
    }
    if (of.kind == row::cfa::at_bp) {
        return of.bp.where == place::at_bp && of.bp.offset == 0
                   ? frame_rule{frame_rule::base::at_bp, static_cast<std::int32_t>(of.cfa_offset),
                                0}
                   : frame_rule{};
    }
    if (of.kind != row::cfa::by_register ||
        (of.cfa_register != sp_register && of.cfa_register != bp_register)) {
        return {};
    }
    std::uint32_t below = 0;
    if (of.bp.where == place::at_cfa) {
        if (of.bp.offset >= 0 || of.bp.offset % 8 != 0 || of.bp.offset < -most_below) {
            return {};
        }
        below = static_cast<std::uint32_t>(-of.bp.offset);
    } else if (of.bp.where == place::at_bp || of.bp.where == place::other) {
        return {};
    }
    return {of.cfa_register == sp_register ? frame_rule::base::sp : frame_rule::base::bp,
            static_cast<std::int32_t>(of.cfa_offset), below};
}

/// The sorted table of .eh_frame_hdr: where a function begins, and where its entry is.
struct table_entry {
    std::int32_t begin;
    std::int32_t entry;
};

// The entry (FDE) of the last function that begins at or before the address; 0 if there is none.
address entry_for(address head, address wanted) noexcept {
    cursor from{head, head + 12};
    const auto version = from.take<std::uint8_t>();
    const auto frame_encoding = from.take<std::uint8_t>();
    const auto count_encoding = from.take<std::uint8_t>();
    const auto table_encoding = from.take<std::uint8_t>();
    (void)from.take_pointer(frame_encoding);
    const auto count = from.take<std::uint32_t>();
    if (version != 1 || count_encoding != as_udata4 || table_encoding != as_datarel_sdata4 ||
        !from.is_good || count == 0) {
        return 0;
    }
    const auto* const table = reinterpret_cast<const table_entry*>(from.at());
    const auto place = static_cast<std::int64_t>(wanted - head);
    std::uint32_t begin = 0;
    for (std::uint32_t left = count; left > 1;) {
        const std::uint32_t half = left / 2;
        begin += table[begin + half].begin <= place ? half : 0;
        left -= half;
    }
    return table[begin].begin > place
               ? 0
               : head + static_cast<address>(std::int64_t{table[begin].entry});
}

}  // namespace

frame_rule find_frame_rule(address wanted) noexcept {
    dl_find_object found{};
    if (_dl_find_object(reinterpret_cast<void*>(wanted), &found) != 0 ||
        found.dlfo_eh_frame == nullptr) {
        return {};
    }
    const address entry = entry_for(reinterpret_cast<address>(found.dlfo_eh_frame), wanted);
    if (entry == 0) {
        return {};
    }
    cursor from = entry_at(entry);
    const address place = from.at();
    const auto distance = from.take<std::uint32_t>();
    if (!from.is_good || distance == 0) {
        return {};
    }
    const common all = common_at(place - distance);
    const address begin = from.take_pointer(all.pointers);
    const address bytes = from.take_pointer(all.pointers & 0x0F);
    if (all.has_data) {
        from.skip(from.take_unsigned());
    }
    if (!all.is_usable || !from.is_good || wanted - begin >= bytes) {
        return {};
    }
    machine runs{all};
    if (!runs.run(all.instructions, begin, begin)) {
        return {};
    }
    runs.start();
    return runs.run(from, begin, wanted) ? rule_of(runs.reached()) : frame_rule{};
}

#endif

}  // namespace strata::detail
