// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <array>
#include <functional>
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

#include <boost/container/pmr/map.hpp>
#include <boost/container/pmr/monotonic_buffer_resource.hpp>
#include <boost/container/pmr/string.hpp>
#include <boost/container/pmr/vector.hpp>
#include <boost/container/vector.hpp>

#include <strata/containers/unique_ptr.hpp>
#include <strata/containers/uses_resource.hpp>
#include <strata/interop/boost_pmr.hpp>

namespace {

struct trusted_file {
    ~trusted_file() {}
};

}  // namespace

template <>
inline constexpr bool strata::enable_deeply_pmr<trusted_file> = true;

BOOST_AUTO_TEST_SUITE(uses_resource_test)

namespace {

// Takes an allocator and forgets to hand it to one of its members.
class forgetful {
public:
    using allocator_type = std::pmr::polymorphic_allocator<>;
    explicit forgetful(allocator_type allocator) : name_{"name", allocator}, other_{"other"} {}
    [[nodiscard]] allocator_type get_allocator() const { return name_.get_allocator(); }

private:
    std::pmr::string name_;
    std::pmr::string other_;
};

class listing {
public:
    using allocator_type = std::pmr::polymorphic_allocator<>;
    explicit listing(allocator_type allocator, allocator_type other)
        : name_{"name", allocator},
          other_{"other", other} {}
    [[nodiscard]] allocator_type get_allocator() const { return name_.get_allocator(); }

private:
    friend auto resource_parts(const listing& of) { return std::tie(of.name_, of.other_); }

    std::pmr::string name_;
    std::pmr::string other_;
};

// A range of texts with a member besides.
struct table : std::pmr::vector<std::pmr::string> {
    using std::pmr::vector<std::pmr::string>::vector;
    std::pmr::string title = "a title on the default resource";
};

struct node {
    using value_type = node;
    using container_type = std::pmr::vector<node>;
    using allocator_type = std::pmr::polymorphic_allocator<>;
    node(const char* of, allocator_type allocator) : name{of, allocator}, children{allocator} {}
    node(const node& other, allocator_type allocator)
        : name{other.name, allocator},
          children{other.children, allocator} {}
    [[nodiscard]] allocator_type get_allocator() const { return name.get_allocator(); }
    friend auto resource_parts(const node& of) { return std::tie(of.name, of.children); }

    std::pmr::string name;
    container_type children;
};

struct shape {
    virtual ~shape() = default;
    std::pmr::string name;
};
struct circle : shape {};

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
    std::pmr::vector<trusted_file> handles{&memory};
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

// --- what a class holds ------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_class_with_an_allocator_is_not_believed) {
    const forgetful one{&memory};
    BOOST_TEST((strata::resource_use_of(one, &memory) == strata::resource_use::unknown));
    BOOST_TEST(!strata::uses_resource(one, &memory));
    BOOST_TEST(!strata::find_resource_escape(one, &memory)->is_certain);
    BOOST_TEST((strata::resource_use_of(one, &other) == strata::resource_use::no));
    BOOST_TEST(strata::find_resource_escape(one, &other)->is_certain);
    const table words{{"a", "b"}, &memory};
    BOOST_TEST((strata::resource_use_of(words, &memory) == strata::resource_use::unknown));
}

BOOST_AUTO_TEST_CASE(a_class_that_lists_its_parts_is_looked_into) {
    BOOST_TEST(path(listing{&memory, &memory}) == "none");
    BOOST_TEST(path(listing{&memory, &other}) == ".parts<1>()");
    BOOST_TEST(path(listing{&other, &memory}) == "");
    std::optional<listing> inside;
    inside.emplace(&memory, &other);
    BOOST_TEST(path(inside) == ".value().parts<1>()");
}

BOOST_AUTO_TEST_CASE(a_class_that_names_itself) {
    node root{"root", &memory};
    root.children.emplace_back("child").children.emplace_back("grandchild");
    BOOST_TEST(path(root) == "none");
    root.children[0].children[0].name = "another";
    BOOST_TEST(path(root) == "none");
    std::destroy_at(&root.children[0].children[0]);
    std::construct_at(&root.children[0].children[0], "elsewhere", &other);
    BOOST_TEST(path(root) == ".parts<1>()[0].parts<1>()[0]");
}

BOOST_AUTO_TEST_CASE(what_is_certain_comes_before_what_is_not) {
    const std::tuple<forgetful, std::pmr::string> both{forgetful{&memory},
                                                       std::pmr::string{&other}};
    BOOST_TEST(path(both) == ".get<1>()");
    BOOST_TEST((strata::resource_use_of(both, &memory) == strata::resource_use::no));
    BOOST_TEST((strata::resource_use_of(both, &other) == strata::resource_use::no));
    const std::tuple<forgetful, int> one{forgetful{&memory}, 1};
    BOOST_TEST(path(one) == ".get<0>()");
    BOOST_TEST((strata::resource_use_of(one, &memory) == strata::resource_use::unknown));
}

BOOST_AUTO_TEST_CASE(pointers_that_remember_their_resource) {
    std::pmr::vector<strata::unique_ptr<std::pmr::string>> texts{&memory};
    texts.emplace_back();
    texts.push_back(strata::make_unique<std::pmr::string>(&memory, "text"));
    BOOST_TEST(path(texts) == "none");
    texts.push_back(strata::make_unique<std::pmr::string>(&other, "text"));
    BOOST_TEST(path(texts) == "[2]");
    const auto array = strata::make_unique<std::pmr::string[]>(&memory, 3);
    BOOST_TEST(path(array) == "none");

    // Its name is on the default resource: it is looked into. A circle as a shape is not.
    const strata::unique_ptr<shape> plain = strata::make_unique<shape>(&memory);
    BOOST_TEST((strata::resource_use_of(plain, &memory) == strata::resource_use::unknown));
    const strata::unique_ptr<int> number = strata::make_unique<int>(&memory, 42);
    BOOST_TEST(strata::uses_resource(number, &memory));
    const strata::unique_ptr<shape> round = strata::make_unique<circle>(&memory);
    BOOST_TEST((strata::resource_use_of(round, &memory) == strata::resource_use::unknown));
    BOOST_TEST((strata::resource_use_of(round, &other) == strata::resource_use::no));
}

// --- Boost's containers ------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(boosts_containers_with_the_standards_allocators) {
    using allocator = std::pmr::polymorphic_allocator<std::pmr::string>;
    boost::container::vector<std::pmr::string, allocator> words{allocator{&memory}};
    words.emplace_back("word");
    BOOST_TEST(path(words) == "none");
    BOOST_TEST(!strata::uses_resource(words, &other));
}

BOOST_AUTO_TEST_CASE(boosts_containers_over_a_bridge) {
    strata::to_boost bridge{&memory};
    strata::to_boost wrong{&other};
    boost::container::pmr::map<int, boost::container::pmr::string> names{&bridge};
    names[1] = "name";
    BOOST_TEST(path(names) == "none");
    BOOST_TEST(strata::find_resource_escape(names, &other)->used == &memory);
    boost::container::pmr::vector<boost::container::pmr::string> mixed{&wrong};
    mixed.emplace_back("word");
    const std::pair both{std::pmr::string{&memory}, std::move(mixed)};
    BOOST_TEST(path(both) == ".second");
}

BOOST_AUTO_TEST_CASE(boosts_containers_over_boosts_resource) {
    boost::container::pmr::monotonic_buffer_resource boosts;
    boost::container::pmr::vector<int> numbers{{1, 2, 3}, &boosts};
    const strata::from_boost bridge{&boosts};
    BOOST_TEST(strata::uses_resource(numbers, &bridge));
    BOOST_TEST(!strata::uses_resource(numbers, &memory));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
