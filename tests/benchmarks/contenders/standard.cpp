// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// The resources of the standard library that this is built with.
#include "contenders/contender.hpp"

#include <array>
#include <memory>

namespace bench {
namespace {

using monotonic = std::pmr::monotonic_buffer_resource;

// The resource is over a buffer as large as a batch needs. `release` goes back to the buffer.
class over_a_buffer final : public instance {
public:
    memory* get() noexcept override { return &arena_; }
    void reset() override { arena_.release(); }

private:
    std::array<std::byte, 1024 * 1024> buffer_;
    monotonic arena_{buffer_.data(), buffer_.size()};
};

class lent final : public instance {
public:
    explicit lent(memory* resource) : resource_{resource} {}
    memory* get() noexcept override { return resource_; }

private:
    memory* resource_;
};

}  // namespace

void add_standard(field& all) {
#ifdef _GLIBCXX_RELEASE
    all.note(
        {"libstdc++", std::to_string(_GLIBCXX_RELEASE) + " (" + std::to_string(__GLIBCXX__) + ")"});
#else
    all.note({"libc++", std::to_string(_LIBCPP_VERSION)});
#endif
    const std::string library = "std";
    all.add({.id = "std.unsynchronized",
             .label = "std unsynchronized_pool",
             .library = library,
             .has_upstream = true,
             .make = [](memory* upstream) {
                 using pool = std::pmr::unsynchronized_pool_resource;
                 return std::make_unique<holds<pool>>(nullptr, nullptr, or_default(upstream));
             }});
    all.add({.id = "std.synchronized",
             .label = "std synchronized_pool",
             .library = library,
             .threads = true,
             .has_upstream = true,
             .make = [](memory* upstream) {
                 using pool = std::pmr::synchronized_pool_resource;
                 return std::make_unique<holds<pool>>(nullptr, nullptr, or_default(upstream));
             }});
    all.add(
        {.id = "std.new_delete",
         .label = "std new_delete",
         .library = library,
         .kind = shape::heap,
         .threads = true,
         .make = [](memory*) { return std::make_unique<lent>(std::pmr::new_delete_resource()); }});
    all.add({.id = "std.monotonic.release",
             .label = "std monotonic, release()",
             .library = library,
             .kind = shape::arena,
             .has_upstream = true,
             .make = [](memory* upstream) {
                 return std::make_unique<holds<monotonic>>(
                     [](monotonic& arena) { arena.release(); }, nullptr, or_default(upstream));
             }});
    all.add({.id = "std.monotonic.buffer",
             .label = "std monotonic, over a buffer",
             .library = library,
             .kind = shape::arena,
             .make = [](memory*) { return std::make_unique<over_a_buffer>(); }});
}

}  // namespace bench
