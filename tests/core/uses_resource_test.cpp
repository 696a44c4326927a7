// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE uses_resource
#include <boost/test/unit_test.hpp>

#include <array>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <queue>
#include <stack>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <strata/core/uses_resource.hpp>

namespace {

struct trusted_handle {
    ~trusted_handle() {}
};

// Two resources, the right and the wrong one.
struct two_resources {
    std::pmr::monotonic_buffer_resource memory;
    std::pmr::monotonic_buffer_resource other;

    template <class T>
    std::string path(const T& container) {
        const auto escape = strata::find_resource_escape(container, &memory);
        return escape ? escape->path : "none";
    }
};

}  // namespace

template <>
inline constexpr bool strata::enable_deeply_pmr<trusted_handle> = true;

BOOST_FIXTURE_TEST_SUITE(uses_resource, two_resources)

BOOST_AUTO_TEST_CASE(the_container_itself) {
    const std::pmr::vector<int> right{{1, 2, 3}, &memory};
    BOOST_TEST(strata::uses_resource(right, &memory));
    BOOST_TEST(!strata::uses_resource(right, &other));
    const std::pmr::string wrong{&other};
    const auto escape = strata::find_resource_escape(wrong, &memory);
    BOOST_REQUIRE(escape.has_value());
    BOOST_TEST(escape->path == "");
    BOOST_TEST(escape->used == &other);
}

BOOST_AUTO_TEST_CASE(what_owns_no_memory_uses_any) {
    BOOST_TEST(strata::uses_resource(1, &memory));
    BOOST_TEST(strata::uses_resource(std::pair{1, "text"}, &memory));
    BOOST_TEST(strata::uses_resource(std::optional{2.0}, &memory));
}

BOOST_AUTO_TEST_CASE(an_allocator_that_is_not_pmr_never_does) {
    const std::pmr::vector<std::string> words{{"a", "b"}, &memory};
    const auto escape = strata::find_resource_escape(words, &memory);
    BOOST_REQUIRE(escape.has_value());
    BOOST_TEST(escape->path == "[0]");
    BOOST_TEST(escape->used == nullptr);
    BOOST_TEST(!strata::uses_resource(std::vector<int>{}, &memory));
}

BOOST_AUTO_TEST_CASE(elements_and_theirs) {
    std::pmr::vector<std::pmr::vector<std::pmr::string>> pages{&memory};
    pages.resize(3);
    pages[2].emplace_back("word");
    BOOST_TEST(strata::uses_resource(pages, &memory));
    std::pmr::list<std::optional<std::pmr::string>> lines{&memory};
    lines.emplace_back(std::nullopt);
    lines.emplace_back(std::pmr::string{"word", &memory});
    BOOST_TEST(path(lines) == "none");
    lines.emplace_back("word");  // in the default resource, since an optional takes no allocator
    BOOST_TEST(path(lines) == "[2].value()");
}

BOOST_AUTO_TEST_CASE(pairs_and_tuples) {
    std::pmr::map<int, std::pmr::string> names{&memory};
    for (const int key : {1, 2, 3, 4}) {
        names[key] = "name";
    }
    BOOST_TEST(path(names) == "none");
    using row = std::tuple<int, std::pair<std::pmr::string, std::pmr::string>>;
    const row mixed{1, std::pair{std::pmr::string{&memory}, std::pmr::string{&other}}};
    BOOST_TEST(path(mixed) == ".get<1>().second");
    BOOST_TEST(path(std::pair{std::pmr::string{&other}, 1}) == ".first");
    const std::pmr::map<int, std::string> wrong{{{1, "a"}}, &memory};
    BOOST_TEST(path(wrong) == "[0].second");
}

BOOST_AUTO_TEST_CASE(variants_and_arrays) {
    using value = std::variant<int, std::pmr::string, std::pmr::vector<int>>;
    BOOST_TEST(path(value{1}) == "none");
    BOOST_TEST(path(value{std::pmr::string{&memory}}) == "none");
    BOOST_TEST(path(value{std::pmr::vector<int>{&other}}) == ".get<2>()");
    const std::array<std::pmr::string, 2> both{std::pmr::string{&memory}, std::pmr::string{&other}};
    BOOST_TEST(path(both) == "[1]");
}

BOOST_AUTO_TEST_CASE(stacks_and_queues) {
    using texts = std::pmr::vector<std::pmr::string>;
    std::stack<std::pmr::string, texts> stack{texts{&memory}};
    stack.emplace("word");
    BOOST_TEST(path(stack) == "none");
    std::priority_queue<int, std::pmr::vector<int>> queue{std::less<int>{},
                                                          std::pmr::vector<int>{&other}};
    BOOST_TEST(path(queue) == "");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_looked_into_counts_as_an_escape_unless_trusted) {
    std::pmr::vector<std::unique_ptr<int>> pointers{&memory};
    BOOST_TEST(path(pointers) == "none");
    pointers.emplace_back();
    BOOST_TEST(path(pointers) == "[0]");
    std::pmr::vector<trusted_handle> handles{&memory};
    handles.emplace_back();
    BOOST_TEST(path(handles) == "none");
}

BOOST_AUTO_TEST_CASE(a_move_between_resources_is_seen) {
    std::pmr::vector<std::pmr::string> assigned{&memory};
    assigned = std::pmr::vector<std::pmr::string>{{"a", "b"}, &other};  // moves each element
    BOOST_TEST(path(assigned) == "none");
    std::pmr::vector<std::pmr::string> from{{"a", "b"}, &other};
    const auto constructed = std::move(from);  // takes its resource over
    BOOST_TEST(path(constructed) == "");
}

BOOST_AUTO_TEST_SUITE_END()
