// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "live_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>

#include "detail/shield.hpp"

namespace strata::detail {
namespace {

constexpr std::size_t chunk_bytes = live_trace::chunk_bytes;
constexpr int first_number = 100;  // of the file's descriptor

[[noreturn]] void refuse(int error, std::string_view whose, std::string_view path,
                         const char* expected) {
    raise_error(std::system_error{
        error, std::generic_category(),
        "strata: " + printable(whose) + " cannot record to " + quoted(path) + ": " + expected});
}

std::byte* after(live_file::part* of) noexcept {
    return reinterpret_cast<std::byte*>(of) + chunk_bytes;
}

}  // namespace

live_file::live_file(std::string_view whose, std::string_view path) {
    if (path.size() >= path_.size()) {
        raise_error(std::invalid_argument{
            "strata: " + printable(whose) + " cannot record to " + quoted(path.substr(0, 40)) +
            "...: expected a path of at most " + decimal(path_.size() - 1) + " bytes"});
    }
    std::ranges::copy(path, path_.begin());
    open(whose);
}

void live_file::open(std::string_view whose) {
    const shield here;
    file_ = ::open(path_.data(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    is_new_ = file_ >= 0;
    if (!is_new_ && errno == EEXIST) {
        file_ = ::open(path_.data(), O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    }
    const auto give_up = [&](int error, const char* expected) {
        undo();
        refuse(error, whose, path(), expected);
    };
    if (file_ < 0) {
        give_up(errno, "expected a file that can be made and written");
    }
    // The low numbers are the program's: it may have closed its standard output, and the next file
    // that is opened would be that.
    if (const int high = ::fcntl(file_, F_DUPFD_CLOEXEC, first_number); high >= 0) {
        (void)::close(std::exchange(file_, high));
    }
    struct stat known {};
    if (::fstat(file_, &known) != 0) {
        give_up(errno, "expected a file whose size is known");
    }
    device_ = known.st_dev;
    node_ = known.st_ino;
    if (!S_ISREG(known.st_mode)) {
        give_up(EINVAL, "expected a regular file");
    }
    // Held until the end: another trace, of this process or of another, may not have the same file.
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        give_up(EBUSY, "another trace is recorded to it");
    }
    if (known.st_size != 0) {
        give_up(EEXIST, "expected a new or an empty file");
    }
    if (const int error = allocate(0, chunk_bytes); error != 0) {
        give_up(error, "expected room for its header");
    }
    void* const mapped = ::mmap(nullptr, chunk_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
    if (mapped == MAP_FAILED) {
        give_up(errno, "expected a file that can be mapped");
    }
    header_ = static_cast<live_trace::file_header*>(mapped);
}

live_file::~live_file() {
    const shield here;
    if (current_ != nullptr) {
        unmap(current_);
    }
    (void)::munmap(header_, chunk_bytes);
    if (is_still_ours()) {
        (void)::close(file_);
    }
}

// Programs that become daemons close all descriptors, and the number may then be another file's.
bool live_file::is_still_ours() const noexcept {
    const shield here;
    struct stat now {};
    return ::fstat(file_, &now) == 0 && now.st_dev == device_ && now.st_ino == node_;
}

// For a file that cannot be used.
void live_file::undo() noexcept {
    const shield here;
    if (is_new_) {
        (void)::unlink(path_.data());
    }
    if (file_ >= 0) {
        (void)::close(file_);
    }
}

void live_file::cut() noexcept {
    const shield here;
    if (is_still_ours()) {
        (void)!::ftruncate(file_, static_cast<off_t>((1 + chunks_) * chunk_bytes));
        (void)::flock(file_, LOCK_UN);  // the child of a fork may have the file open still
    }
}

// --- room ---------------------------------------------------------------------------------------

// Returns the error. The limit of a process for the size of files is looked at first: beyond it,
// the system does not just refuse, but sends a signal that ends the program.
int live_file::allocate(std::uint64_t from, std::uint64_t bytes) const noexcept {
    const shield here;
    rlimit most{};
    if (::getrlimit(RLIMIT_FSIZE, &most) == 0 && most.rlim_cur != RLIM_INFINITY &&
        from + bytes > most.rlim_cur) {
        return EFBIG;
    }
    for (int tries = 0;; ++tries) {
        const int error =
            ::posix_fallocate(file_, static_cast<off_t>(from), static_cast<off_t>(bytes));
        if (error != EINTR || tries == 16) {
            return error;
        }
    }
}

bool live_file::map_part(std::uint32_t chunks) noexcept {
    const shield here;
    const std::size_t bytes = chunks * chunk_bytes;
    void* const begin = ::mmap(nullptr, chunk_bytes + bytes, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (begin == MAP_FAILED) {
        error_ = errno;
        return false;
    }
    auto* const made = static_cast<part*>(begin);
    const auto from = static_cast<off_t>((1 + room_) * chunk_bytes);
    if (::mmap(after(made), bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file_, from) ==
        MAP_FAILED) {
        error_ = errno;
        (void)::munmap(begin, chunk_bytes + bytes);
        return false;
    }
    *made = {.chunks = chunks, .taken = 0, .open = 0};
    current_ = made;
    room_ += chunks;
    return true;
}

// Asks for less if there is no room for a whole step.
bool live_file::grow() noexcept {
    if (!is_still_ours()) {
        error_ = EBADF;
        return false;
    }
    for (std::uint32_t chunks = step_; chunks != 0; chunks /= 2) {
        error_ = allocate((1 + room_) * chunk_bytes, chunks * chunk_bytes);
        if (error_ == 0) {
            step_ = std::min(2 * chunks, largest_step);
            return map_part(chunks);
        }
    }
    return false;
}

live_file::place live_file::take_chunk() noexcept {
    if (current_ == nullptr && !grow()) {
        return {};
    }
    part* const of = current_;
    const place taken{
        of, reinterpret_cast<live_trace::chunk_header*>(after(of) + of->taken * chunk_bytes)};
    ++of->open;
    ++chunks_;
    if (++of->taken == of->chunks) {
        current_ = nullptr;
    }
    return taken;
}

void live_file::prepare(const place& chunk) noexcept {
    const shield here;
#ifdef MADV_POPULATE_WRITE  // Linux 5.14; an older one refuses it, and the pages come one by one
    (void)::madvise(chunk.chunk, chunk_bytes, MADV_POPULATE_WRITE);
#else
    (void)chunk;
#endif
}

void live_file::leave_chunk(place& used) noexcept {
    part* const of = std::exchange(used, {}).of;
    if (of != nullptr && --of->open == 0 && of != current_) {
        unmap(of);
    }
}

void live_file::unmap(part* of) noexcept {
    const shield here;
    (void)::munmap(of, chunk_bytes + of->chunks * chunk_bytes);
}

}  // namespace strata::detail
