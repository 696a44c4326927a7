// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// Boost.Container's resources. They have an interface of their own; each is reached from the
// standard's by a direct call, so that a call costs one virtual call as for all others.
#include "contenders/contender.hpp"

#include <array>
#include <memory>
#include <optional>

#include <boost/container/pmr/global_resource.hpp>
#include <boost/container/pmr/memory_resource.hpp>
#include <boost/container/pmr/monotonic_buffer_resource.hpp>
#include <boost/container/pmr/synchronized_pool_resource.hpp>
#include <boost/container/pmr/unsynchronized_pool_resource.hpp>
#include <boost/version.hpp>

namespace bench {
namespace {

namespace pmr = boost::container::pmr;

// The same in the other direction, for the few calls that a resource makes of its upstream.
class upstream_of_boost final : public pmr::memory_resource {
public:
    explicit upstream_of_boost(memory* from) : from_{from} {}

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return from_->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        from_->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }

    memory* from_;
};

template <class Resource>
class as_standard final : public memory {
public:
    template <class... Arguments>
    explicit as_standard(Arguments... arguments) : resource_{arguments...} {}

    void release() { resource_.release(); }

private:
    struct opened : Resource {
        using Resource::Resource;
        void* take(std::size_t bytes, std::size_t alignment) {
            return Resource::do_allocate(bytes, alignment);
        }
        void give(void* block, std::size_t bytes, std::size_t alignment) {
            Resource::do_deallocate(block, bytes, alignment);
        }
    };

    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return resource_.take(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        resource_.give(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory& other) const noexcept override {
        return this == &other;
    }

    opened resource_;
};

template <class Resource>
class drawing_from final : public instance {
public:
    explicit drawing_from(memory* upstream) : upstream_{upstream} {}

    memory* get() noexcept override { return &resource_; }
    void reset() override { resource_.release(); }

private:
    upstream_of_boost upstream_;
    as_standard<Resource> resource_{static_cast<pmr::memory_resource*>(&upstream_)};
};

class over_a_buffer final : public instance {
public:
    memory* get() noexcept override { return &*arena_; }
    // Its release() forgets the buffer, so that it must be made anew.
    void reset() override { make(); }
    over_a_buffer() { make(); }

private:
    using arena = as_standard<pmr::monotonic_buffer_resource>;
    void make() { arena_.emplace(static_cast<void*>(buffer_.data()), buffer_.size()); }

    std::array<std::byte, 1024 * 1024> buffer_;
    std::optional<arena> arena_;
};

class new_delete final : public memory {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        pmr::new_delete_resource()->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory& other) const noexcept override {
        return this == &other;
    }
};

template <class Resource>
std::unique_ptr<instance> make(memory* upstream) {
    return std::make_unique<drawing_from<Resource>>(or_default(upstream));
}

}  // namespace

void add_boost(field& all) {
    all.note({"Boost.Container", std::to_string(BOOST_VERSION / 100000) + "." +
                                     std::to_string(BOOST_VERSION / 100 % 1000)});
    const std::string library = "boost";
    constexpr std::size_t most = 16;  // it throws, or ignores the alignment, beyond this
    all.add({.id = "boost.unsynchronized",
             .label = "Boost unsynchronized_pool",
             .library = library,
             .most_alignment = most,
             .has_upstream = true,
             .make = make<pmr::unsynchronized_pool_resource>});
    all.add({.id = "boost.synchronized",
             .label = "Boost synchronized_pool",
             .library = library,
             .threads = true,
             .most_alignment = most,
             .has_upstream = true,
             .make = make<pmr::synchronized_pool_resource>});
    all.add(
        {.id = "boost.new_delete",
         .label = "Boost new_delete",
         .library = library,
         .kind = shape::heap,
         .threads = true,
         .most_alignment = most,
         .make = [](memory*) { return std::make_unique<holds<new_delete>>(nullptr, nullptr); }});
    all.add({.id = "boost.monotonic.release",
             .label = "Boost monotonic, release()",
             .library = library,
             .kind = shape::arena,
             .most_alignment = most,
             .has_upstream = true,
             .make = make<pmr::monotonic_buffer_resource>});
    all.add({.id = "boost.monotonic.buffer",
             .label = "Boost monotonic, over a buffer",
             .library = library,
             .kind = shape::arena,
             .most_alignment = most,
             .make = [](memory*) { return std::make_unique<over_a_buffer>(); }});
}

}  // namespace bench
