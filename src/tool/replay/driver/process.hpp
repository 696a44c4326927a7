// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_DRIVER_PROCESS_HPP
#define STRATA_TOOL_REPLAY_DRIVER_PROCESS_HPP

#include <cstdint>

// What the system knows of this process. Nothing here calls malloc.
namespace strata::tool::replay {

/// Resident memory in bytes.
struct resident_memory {
    std::uint64_t now = 0;
    std::uint64_t most = 0;  ///< since the last `forget_most_resident`
};
[[nodiscard]] resident_memory resident() noexcept;
void forget_most_resident() noexcept;

/// Counts instructions in user mode, of this thread and of those that it makes from now on.
class instruction_counter {
public:
    instruction_counter() noexcept;
    instruction_counter(const instruction_counter&) = delete;
    instruction_counter& operator=(const instruction_counter&) = delete;
    ~instruction_counter();

    void go_on() noexcept;
    void stop() noexcept;
    /// Negative if the system does not count them: many virtual machines do not.
    [[nodiscard]] std::int64_t count() const noexcept;

private:
    int descriptor_;
};

}  // namespace strata::tool::replay

#endif
