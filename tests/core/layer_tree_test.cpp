// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <type_traits>

#include <strata/core/layer_tree.hpp>
#include <strata/strata.hpp>
#include <strata/testing/checking_resource.hpp>
#include <strata/testing/failing_resource.hpp>
#include <strata/testing/watched_resource.hpp>

BOOST_AUTO_TEST_SUITE(layer_tree_test)

using strata::find;

namespace {

// One of the program's own, above another resource.
class named final : public strata::resource {
public:
    explicit named(std::pmr::memory_resource* upstream) : below{upstream} {}

    std::pmr::memory_resource* below;

private:
    std::string_view do_name() const noexcept override { return "named"; }
    std::pmr::memory_resource* do_upstream(std::size_t index) const noexcept override {
        return index == 0 ? below : nullptr;
    }
    const void* do_part(strata::detail::type_key wanted) const noexcept override {
        return as_part(this, wanted);
    }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return below->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        below->deallocate(block, bytes, alignment);
    }
};

// Below a resource of another type, and in no resource of that type.
template <class Layer>
void is_found(Layer& layer) {
    named above{&layer};
    BOOST_TEST(find<Layer>(above) == &layer);
    BOOST_TEST(find<Layer>(layer) == &layer);
    BOOST_TEST((find<named>(layer) == nullptr));
    const std::pmr::memory_resource& only_read = above;
    static_assert(std::is_same_v<decltype(find<Layer>(only_read)), const Layer*>);
    BOOST_TEST(find<Layer>(only_read) == &layer);
}

template <class Layer, class... Arguments>
void is_found_when_made_of(Arguments&&... arguments) {
    Layer layer{std::forward<Arguments>(arguments)...};
    is_found(layer);
    if constexpr (!std::is_same_v<Layer, strata::pool_resource>) {
        BOOST_TEST((find<strata::pool_resource>(layer) == nullptr));
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_resource_is_found_by_its_type) {
    std::pmr::memory_resource* const heap = strata::system_heap();
    is_found_when_made_of<strata::heap_resource>();
    is_found_when_made_of<strata::page_resource>();
    is_found_when_made_of<strata::fixed_buffer_resource<>>(nullptr, std::size_t{0});
    is_found_when_made_of<strata::arena_resource>(heap);
    is_found_when_made_of<strata::pool_resource>(heap);
    is_found_when_made_of<strata::bounded_time_resource>(heap);
    is_found_when_made_of<strata::concurrent_arena_resource>(heap);
    is_found_when_made_of<strata::concurrent_pool_resource>(heap);
    is_found_when_made_of<strata::limit_resource<>>(heap);
    is_found_when_made_of<strata::stats_resource<>>(heap);
    is_found_when_made_of<strata::retry_resource<>>(heap);
    is_found_when_made_of<strata::synchronized_resource<>>(heap);
    is_found_when_made_of<strata::debug_resource<>>(heap);
    is_found_when_made_of<strata::checking_resource>();
    is_found_when_made_of<strata::failing_resource>(heap);
    is_found_when_made_of<strata::watched_resource>(heap);

    strata::heap_resource first;
    strata::arena_resource second{&first};
    strata::fallback_resource tried{&first, &second};
    is_found(tried);
    strata::segregator_resource divided{strata::up_to{std::size_t{64}}, &first, &second};
    is_found(divided);
}

BOOST_AUTO_TEST_CASE(any_stats_are_found_as_a_source_of_them) {
    strata::stack memory{strata::basic_stats<strata::counting::single>{}, strata::pool{}};
    (void)memory.allocate(100);
    BOOST_REQUIRE(find<strata::stats_source>(memory) != nullptr);
    BOOST_TEST(find<strata::stats_source>(memory)->snapshot().live_bytes == 100);
}

BOOST_AUTO_TEST_CASE(the_uppermost_is_found_in_stacks_texts_and_branches) {
    strata::stack stacked{strata::stats{}, strata::pool{}, strata::pool{}, strata::arena{}};
    BOOST_TEST((find<strata::pool_resource>(stacked) == &stacked.get<1>()));
    BOOST_TEST((find<strata::arena_resource>(stacked) == &stacked.get<strata::arena>()));

    auto built = strata::strategy::parse("limit > fallback(heap, stats > arena)").build();
    BOOST_TEST((find<strata::arena_resource>(built) == built.find<strata::arena_resource>()));
    BOOST_TEST((find<strata::arena_resource>(built) != nullptr));
    BOOST_TEST((find<strata::pool_resource>(built) == nullptr));
}

BOOST_AUTO_TEST_CASE(nothing_is_found_in_a_resource_of_the_standard) {
    std::pmr::monotonic_buffer_resource foreign;
    BOOST_TEST((find<strata::pool_resource>(foreign) == nullptr));
    strata::pool_resource over{&foreign};
    BOOST_TEST((find<strata::arena_resource>(over) == nullptr));
}

BOOST_AUTO_TEST_CASE(a_circle_of_upstreams_ends) {
    named one{nullptr};
    named other{&one};
    one.below = &other;
    BOOST_TEST((find<strata::pool_resource>(one) == nullptr));
    BOOST_TEST((find<named>(other) == &other));

    // Through one that draws from two: as many ways round as there are leaves in a tree.
    named back{nullptr};
    strata::fallback_resource both{&back, strata::system_heap()};
    back.below = &both;
    BOOST_TEST((find<strata::pool_resource>(both) == nullptr));
    BOOST_TEST(strata::describe(both).layers.size() == 4U);  // where it closes there is a mark
}

BOOST_AUTO_TEST_SUITE_END()
