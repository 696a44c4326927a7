// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_CALL_SITES_HPP
#define STRATA_TOOL_TRACE_CALL_SITES_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tool/trace/number_map.hpp"

namespace strata::tool::trace {

/// A file that was loaded in the program.
struct code_module {
    std::string build_id;    ///< in hexadecimal; empty if it has none
    std::string path;        ///< empty if it is not known
    std::uint64_t bias = 0;  ///< what was added to the addresses in the file

    friend bool operator==(const code_module&, const code_module&) = default;
};

/// A function, with the place in it if there is debug information.
struct code_name {
    std::string function;  ///< demangled; empty if it is not known
    std::string file;
    std::uint32_t line = 0;

    friend bool operator==(const code_name&, const code_name&) = default;
};

/// Where a call is in the code.
struct code_place {
    std::uint32_t module = 0;   ///< numbered from 1; 0: none is known
    std::uint64_t address = 0;  ///< in the file of the module, or in memory
    std::vector<code_name>
        names;  ///< inlined functions, the innermost first, and the one they are in

    friend bool operator==(const code_place&, const code_place&) = default;
};

/// A call of a stack, for those who show it.
struct shown_call {
    const code_module* module = nullptr;  ///< null: none is known
    std::uint64_t address = 0;            ///< in it, or in memory
    const code_name* name = nullptr;      ///< null: none is known
    bool is_inlined = false;              ///< it has no frame of its own
};

/// The call stacks of a trace, as a tree: a site is the number of its innermost call.
class call_sites {
public:
    /// A call, and the one that it is inside of.
    struct call {
        std::uint32_t caller = 0;  ///< 0: it is the outermost one
        std::uint32_t place = 0;   ///< plus one; 0: there is no such call

        friend bool operator==(const call&, const call&) = default;
    };

    /// No stack was recorded.
    [[nodiscard]] bool empty() const noexcept { return calls_.size() <= 1; }

    /// Recorders write at most 256 calls of a stack, which may have inlined ones in them. A file
    /// that was made to be slow may have millions.
    static constexpr std::size_t most_shown = 4096;

    /// The calls of a site, the innermost first, and `most_shown` of them; none if it is not known.
    [[nodiscard]] std::vector<shown_call> calls_of(std::uint32_t site) const;

    /// False if there is one with this number.
    [[nodiscard]] bool add_module(std::uint32_t number, code_module next);
    /// False if there is one with this number, the caller is not before it, or no code can be at
    /// the address.
    [[nodiscard]] bool add_call(std::uint32_t number, std::uint32_t caller, std::uint32_t module,
                                std::uint64_t address);
    /// With the next numbers.
    void append_module(code_module next) { modules_.push_back(std::move(next)); }
    void append_place(code_place next) { places_.push_back(std::move(next)); }
    void append_call(const call& next) { calls_.push_back(next); }

    /// By number: [0] is none.
    [[nodiscard]] std::span<const code_module> modules() const noexcept { return modules_; }
    [[nodiscard]] std::span<const call> calls() const noexcept { return calls_; }
    /// By number, from [0] on.
    [[nodiscard]] std::span<const code_place> places() const noexcept { return places_; }
    [[nodiscard]] std::span<code_place> places() noexcept { return places_; }

private:
    std::vector<code_module> modules_ = std::vector<code_module>(1);
    std::vector<code_place> places_;
    std::vector<call> calls_ = std::vector<call>(1);
    number_map<std::uint32_t> place_numbers_;
};

}  // namespace strata::tool::trace

#endif
