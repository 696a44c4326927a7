// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/replay/driver/process.hpp"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace strata::tool::replay {
namespace {

// The number after a word such as "VmRSS:", in kibibytes.
std::uint64_t kibibytes_after(const char* text, const char* word) noexcept {
    const char* const found = std::strstr(text, word);
    return found == nullptr ? 0 : std::strtoull(found + std::strlen(word), nullptr, 10);
}

}  // namespace

resident_memory resident() noexcept {
    std::array<char, 8192> text{};
    const int file = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    const ssize_t got = file < 0 ? 0 : ::read(file, text.data(), text.size() - 1);
    (void)::close(file);
    if (got <= 0) {
        return {};
    }
    return {.now = kibibytes_after(text.data(), "VmRSS:") * 1024,
            .most = kibibytes_after(text.data(), "VmHWM:") * 1024};
}

// Linux: proc(5), "clear_refs": 5 resets the peak of the resident memory.
void forget_most_resident() noexcept {
    const int file = ::open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    (void)!::write(file, "5", 1);
    (void)::close(file);
}

instruction_counter::instruction_counter() noexcept {
    perf_event_attr wanted{};
    wanted.size = sizeof wanted;
    wanted.type = PERF_TYPE_HARDWARE;
    wanted.config = PERF_COUNT_HW_INSTRUCTIONS;
    wanted.disabled = 1;
    wanted.inherit = 1;
    wanted.exclude_kernel = 1;
    wanted.exclude_hv = 1;
    descriptor_ =
        static_cast<int>(::syscall(SYS_perf_event_open, &wanted, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
}

instruction_counter::~instruction_counter() {
    if (descriptor_ >= 0) {
        (void)::close(descriptor_);
    }
}

void instruction_counter::go_on() noexcept {
    if (descriptor_ >= 0) {
        (void)::ioctl(descriptor_, PERF_EVENT_IOC_ENABLE, 0);
    }
}

void instruction_counter::stop() noexcept {
    if (descriptor_ >= 0) {
        (void)::ioctl(descriptor_, PERF_EVENT_IOC_DISABLE, 0);
    }
}

std::int64_t instruction_counter::count() const noexcept {
    std::int64_t counted = 0;
    const bool is_read =
        descriptor_ >= 0 && ::read(descriptor_, &counted, sizeof counted) == sizeof counted;
    return is_read && counted != 0 ? counted : -1;
}

}  // namespace strata::tool::replay
