// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <strata/containers/byte_buffer.hpp>
#include <strata/testing/check_allocator_aware.hpp>

namespace {

using allocator = std::pmr::polymorphic_allocator<>;
using strata::allocator_rule;
using strata::check_allocator_aware;

constexpr const char* text = "a text that is too long for the object itself";

// As it should be. The types below differ from it in one thing each.
struct order {
    using allocator_type = allocator;

    explicit order(const char* of, allocator at = {}) : name{of, at} {}
    order(const order& other, allocator at = {}) : name{other.name, at} {}
    order(order&&) = default;
    order(order&& other, allocator at) : name{std::move(other.name), at} {}
    order& operator=(const order&) = default;
    order& operator=(order&&) = default;
    ~order() = default;

    [[nodiscard]] allocator get_allocator() const { return name.get_allocator(); }
    friend bool operator==(const order&, const order&) = default;

    std::pmr::string name;
};

template <class T>
strata::allocator_report report_of() {
    return check_allocator_aware([](allocator at) { return T{text, at}; });
}

// All that it says, and nothing else: the rules that are broken, each once.
template <class T>
std::vector<allocator_rule> broken_by() {
    std::vector<allocator_rule> all;
    for (const strata::broken_rule& each : report_of<T>().broken) {
        if (std::ranges::find(all, each.rule) == all.end()) {
            all.push_back(each.rule);
        }
    }
    return all;
}

using rules = std::vector<allocator_rule>;

struct without_allocator_type {
    explicit without_allocator_type(const char* of, allocator at) : name{of, at} {}
    std::pmr::string name;
    friend bool operator==(const without_allocator_type&, const without_allocator_type&) = default;
};

struct made_elsewhere : order {
    explicit made_elsewhere(const char* of, allocator at = {}) : order{of, at}, other{of} {}
    made_elsewhere(const made_elsewhere& from, allocator at = {})
        : order{from, at},
          other{from.other, at} {}
    made_elsewhere(made_elsewhere&&) = default;
    made_elsewhere(made_elsewhere&& from, allocator at)
        : order{std::move(from), at},
          other{std::move(from.other), at} {}
    made_elsewhere& operator=(const made_elsewhere&) = default;
    made_elsewhere& operator=(made_elsewhere&&) = default;
    ~made_elsewhere() = default;
    std::pmr::string other;
};

struct copy_takes_the_resource_along : order {
    using order::order;
    copy_takes_the_resource_along(const copy_takes_the_resource_along& other)
        : order{other, other.get_allocator()} {}
    copy_takes_the_resource_along(const copy_takes_the_resource_along& other, allocator at)
        : order{other, at} {}
    copy_takes_the_resource_along(copy_takes_the_resource_along&&) = default;
    copy_takes_the_resource_along(copy_takes_the_resource_along&& other, allocator at)
        : order{std::move(other), at} {}
    copy_takes_the_resource_along& operator=(const copy_takes_the_resource_along&) = default;
    copy_takes_the_resource_along& operator=(copy_takes_the_resource_along&&) = default;
    ~copy_takes_the_resource_along() = default;
};

struct copy_forgets_its_allocator : order {
    using order::order;
    copy_forgets_its_allocator(const copy_forgets_its_allocator& other, allocator = {})
        : order{other} {}
    copy_forgets_its_allocator(copy_forgets_its_allocator&&) = default;
    copy_forgets_its_allocator(copy_forgets_its_allocator&& other, allocator at)
        : order{std::move(other), at} {}
    copy_forgets_its_allocator& operator=(const copy_forgets_its_allocator&) = default;
    copy_forgets_its_allocator& operator=(copy_forgets_its_allocator&&) = default;
    ~copy_forgets_its_allocator() = default;
};

struct move_forgets_its_allocator : order {
    using order::order;
    move_forgets_its_allocator(const move_forgets_its_allocator& other, allocator at = {})
        : order{other, at} {}
    move_forgets_its_allocator(move_forgets_its_allocator&&) = default;
    move_forgets_its_allocator(move_forgets_its_allocator&& other, allocator)
        : order{std::move(other)} {}
    move_forgets_its_allocator& operator=(const move_forgets_its_allocator&) = default;
    move_forgets_its_allocator& operator=(move_forgets_its_allocator&&) = default;
    ~move_forgets_its_allocator() = default;
};

// No constructor for a move with an allocator: the copying one serves, but for what is not copied.
struct move_only_without_allocator {
    using allocator_type = allocator;
    move_only_without_allocator(const char* of, allocator at) : name{of, at} {}
    move_only_without_allocator(move_only_without_allocator&&) = default;
    move_only_without_allocator& operator=(move_only_without_allocator&&) = default;
    ~move_only_without_allocator() = default;
    std::pmr::string name;
};

// Nobody can ask it where it is.
struct forgets_and_is_silent {
    using allocator_type = allocator;
    forgets_and_is_silent(const char* of, allocator at) : name{of, at} {}
    forgets_and_is_silent(forgets_and_is_silent&&) = default;
    forgets_and_is_silent(forgets_and_is_silent&& other, allocator) : name{std::move(other.name)} {}
    ~forgets_and_is_silent() = default;
    std::pmr::string name;
};

// The other member is as it should be, and speaks for both.
struct one_member_forgets : order {
    explicit one_member_forgets(const char* of, allocator at = {}) : order{of, at}, other{of, at} {}
    one_member_forgets(const one_member_forgets& from, allocator at = {})
        : order{from, at},
          other{from.other, at} {}
    one_member_forgets(one_member_forgets&&) = default;
    one_member_forgets(one_member_forgets&& from, allocator at)
        : order{std::move(from), at},
          other{std::move(from.other)} {}
    one_member_forgets& operator=(const one_member_forgets&) = default;
    one_member_forgets& operator=(one_member_forgets&&) = default;
    ~one_member_forgets() = default;
    std::pmr::string other;
};

struct one_member_replaced : order {
    explicit one_member_replaced(const char* of, allocator at = {})
        : order{of, at},
          other{of, at} {}
    one_member_replaced(const one_member_replaced& from, allocator at = {})
        : order{from, at},
          other{from.other, at} {}
    one_member_replaced(one_member_replaced&&) = default;
    one_member_replaced(one_member_replaced&& from, allocator at)
        : order{std::move(from), at},
          other{std::move(from.other), at} {}
    one_member_replaced& operator=(const one_member_replaced&) = default;
    one_member_replaced& operator=(one_member_replaced&& from) noexcept {
        order::operator=(std::move(from));
        std::destroy_at(&other);
        std::construct_at(&other, std::move(from.other));
        return *this;
    }
    ~one_member_replaced() = default;
    std::pmr::string other;
};

struct lies : order {
    using order::order;
    lies(const lies& other, allocator at = {}) : order{other, at} {}
    lies(lies&&) = default;
    lies(lies&& other, allocator at) : order{std::move(other), at} {}
    lies& operator=(const lies&) = default;
    lies& operator=(lies&&) = default;
    ~lies() = default;
    [[nodiscard]] allocator get_allocator() const { return {}; }
};

// The standard allows it.
struct asks_for_nothing {
    using allocator_type = allocator;
    asks_for_nothing(const char* of, allocator at) : name{of, at}, from{at.resource()} {
        none = from->allocate(0, 8);
    }
    asks_for_nothing(asks_for_nothing&& other, allocator at)
        : name{std::move(other.name), at},
          from{at.resource()} {
        none = from->allocate(0, 8);
    }
    asks_for_nothing(const asks_for_nothing&) = delete;
    asks_for_nothing& operator=(const asks_for_nothing&) = delete;
    ~asks_for_nothing() { from->deallocate(none, 0, 8); }
    std::pmr::string name;
    std::pmr::memory_resource* from;
    void* none = nullptr;
};

// Made from a list of its own kind, if it is asked in braces.
struct cell {
    cell(std::pmr::vector<cell> /*of*/) {}
    cell(int /*number*/) {}
    friend bool operator==(const cell&, const cell&) = default;
};

struct assigned_but_not_moved {
    using allocator_type = allocator;
    assigned_but_not_moved(const char* of, allocator at) : name{of, at} {}
    assigned_but_not_moved(const assigned_but_not_moved&) = delete;
    assigned_but_not_moved& operator=(const assigned_but_not_moved&) = default;
    ~assigned_but_not_moved() = default;
    std::pmr::string name;
};

// What an assignment replaces as a whole takes the resource of the source.
struct replaced : order {
    using order::order;
    replaced(const replaced& other, allocator at = {}) : order{other, at} {}
    replaced(replaced&&) = default;
    replaced(replaced&& other, allocator at) : order{std::move(other), at} {}
    replaced& operator=(const replaced& other) {
        if (this != &other) {
            const allocator at = other.get_allocator();
            std::destroy_at(&name);
            std::construct_at(&name, other.name, at);
        }
        return *this;
    }
    replaced& operator=(replaced&& other) noexcept {
        std::destroy_at(&name);
        std::construct_at(&name, std::move(other.name));
        return *this;
    }
    ~replaced() = default;
};

struct swapped_by_copies : order {
    using order::order;
    swapped_by_copies(const swapped_by_copies& other, allocator at = {}) : order{other, at} {}
    swapped_by_copies(swapped_by_copies&&) = default;
    swapped_by_copies(swapped_by_copies&& other, allocator at) : order{std::move(other), at} {}
    swapped_by_copies& operator=(const swapped_by_copies&) = default;
    swapped_by_copies& operator=(swapped_by_copies&&) = default;
    ~swapped_by_copies() = default;
    friend void swap(swapped_by_copies& one, swapped_by_copies& other) {
        const swapped_by_copies kept{one};
        one = other;
        other = kept;
    }
};

struct loses_its_value : order {
    using order::order;
    loses_its_value(const loses_its_value& other, allocator at = {}) : order{other, at} {
        name.back() = '!';
    }
    loses_its_value(loses_its_value&&) = default;
    loses_its_value(loses_its_value&& other, allocator at) : order{std::move(other), at} {}
    loses_its_value& operator=(const loses_its_value&) = default;
    loses_its_value& operator=(loses_its_value&&) = default;
    ~loses_its_value() = default;
};

struct frees_with_a_wrong_size {
    using allocator_type = allocator;
    frees_with_a_wrong_size(const char*, allocator at)
        : memory{at.resource()},
          block{memory->allocate(40, 8)} {}
    frees_with_a_wrong_size(frees_with_a_wrong_size&& other, allocator at)
        : frees_with_a_wrong_size{text, at} {
        static_cast<void>(other);
    }
    frees_with_a_wrong_size(const frees_with_a_wrong_size&) = delete;
    frees_with_a_wrong_size& operator=(const frees_with_a_wrong_size&) = delete;
    ~frees_with_a_wrong_size() { memory->deallocate(block, 32, 8); }
    std::pmr::memory_resource* memory;
    void* block;
};

struct not_moved {
    using allocator_type = allocator;
    not_moved(const char* of, allocator at) : name{of, at} {}
    not_moved(const not_moved&) = delete;
    not_moved& operator=(const not_moved&) = delete;
    ~not_moved() = default;
    std::pmr::string name;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(check_allocator_aware_test)

BOOST_AUTO_TEST_CASE(the_containers_of_the_standard_keep_to_the_rules) {
    const auto passes = [](const auto& make) {
        const strata::allocator_report report = check_allocator_aware(make);
        BOOST_TEST(static_cast<bool>(report), report);
    };
    passes([](allocator at) { return std::pmr::string{text, at}; });
    passes([](allocator at) { return std::pmr::vector<int>({1, 2, 3}, at); });
    passes([](allocator at) { return std::pmr::vector<std::pmr::string>({text, text}, at); });
    passes([](allocator at) { return std::pmr::vector<cell>({cell{1}, cell{2}}, at); });
    passes([](allocator at) {
        strata::byte_buffer made{at};
        made.append(text);
        return made;
    });
    passes([](allocator at) { return std::pmr::deque<std::pmr::string>({text, text}, at); });
    passes([](allocator at) { return std::pmr::list<std::pmr::string>({text, text}, at); });
    passes([](allocator at) { return std::pmr::set<std::pmr::string>({text, "b"}, at); });
    passes([](allocator at) {
        return std::pmr::map<int, std::pmr::string>({{1, text}, {2, text}}, at);
    });
    passes([](allocator at) {
        return std::pmr::unordered_map<int, std::pmr::string>({{1, text}, {2, text}}, at);
    });
}

BOOST_AUTO_TEST_CASE(a_class_that_keeps_to_the_rules_passes) {
    BOOST_TEST(static_cast<bool>(report_of<order>()), report_of<order>());
    std::ostringstream printed;
    printed << report_of<order>();
    BOOST_TEST(printed.str() == "no rule is broken\n");
}

BOOST_AUTO_TEST_CASE(each_rule_is_found_broken) {
    BOOST_CHECK(broken_by<without_allocator_type>() == rules{allocator_rule::nesting});
    BOOST_CHECK(broken_by<copy_takes_the_resource_along>() == rules{allocator_rule::copy});
    BOOST_CHECK(broken_by<copy_forgets_its_allocator>() == rules{allocator_rule::copy});
    BOOST_CHECK((broken_by<replaced>() ==
                 rules{allocator_rule::copy_assignment, allocator_rule::move_assignment}));
    BOOST_CHECK(broken_by<swapped_by_copies>() == rules{allocator_rule::swap});
    BOOST_CHECK(broken_by<loses_its_value>() == rules{allocator_rule::value});
    BOOST_CHECK(broken_by<frees_with_a_wrong_size>() == rules{allocator_rule::cleanup});
}

BOOST_AUTO_TEST_CASE(what_is_made_elsewhere_is_found_wherever_it_is_made) {
    const auto broken = broken_by<made_elsewhere>();
    BOOST_TEST_REQUIRE(!broken.empty());
    BOOST_TEST((broken.front() == allocator_rule::construction));
    BOOST_TEST(report_of<made_elsewhere>().broken.front().how ==
               "made with a resource: it keeps 1 block from the default resource");
}

BOOST_AUTO_TEST_CASE(a_move_that_forgets_its_allocator_is_wrong_in_a_container_too) {
    BOOST_CHECK((broken_by<move_forgets_its_allocator>() ==
                 rules{allocator_rule::nesting, allocator_rule::move}));
    BOOST_CHECK((broken_by<forgets_and_is_silent>() ==
                 rules{allocator_rule::nesting, allocator_rule::move}));
    BOOST_CHECK(broken_by<move_only_without_allocator>() == rules{allocator_rule::nesting});
}

BOOST_AUTO_TEST_CASE(one_member_that_keeps_its_resource_is_found) {
    BOOST_CHECK(
        (broken_by<one_member_forgets>() == rules{allocator_rule::nesting, allocator_rule::move}));
    BOOST_CHECK(broken_by<one_member_replaced>() == rules{allocator_rule::move_assignment});
}

BOOST_AUTO_TEST_CASE(a_wrong_get_allocator_is_found) {
    const auto broken = broken_by<lies>();
    BOOST_TEST_REQUIRE(!broken.empty());
    BOOST_TEST((broken.front() == allocator_rule::construction));
}

BOOST_AUTO_TEST_CASE(a_request_of_0_bytes_is_allowed) {
    BOOST_TEST(static_cast<bool>(report_of<asks_for_nothing>()), report_of<asks_for_nothing>());
}

BOOST_AUTO_TEST_CASE(what_a_type_cannot_do_is_not_tried) {
    BOOST_CHECK(broken_by<assigned_but_not_moved>() == rules{allocator_rule::nesting});
    BOOST_CHECK(broken_by<not_moved>() == rules{allocator_rule::nesting});
}

BOOST_AUTO_TEST_CASE(a_value_without_memory_proves_nothing) {
    const auto report = check_allocator_aware([](allocator at) { return std::pmr::string{at}; });
    BOOST_TEST_REQUIRE(report.broken.size() == 1U);
    BOOST_TEST((report.broken.front().rule == allocator_rule::construction));
    BOOST_TEST(report.broken.front().how ==
               "made with a resource: it takes no memory from it, so nothing could be tried");
}

BOOST_AUTO_TEST_CASE(a_line_says_what_where_and_how_much) {
    std::ostringstream printed;
    printed << report_of<copy_forgets_its_allocator>();
    const std::string from = "1 block from the default resource, the first of " +
                             std::to_string(std::pmr::string{text}.capacity() + 1) +
                             " bytes aligned to 1\n";
    BOOST_TEST(printed.str() ==
               "copy: copied with the resource that it has: " + from +
                   "copy: copied with the resource that it has: get_allocator() names another "
                   "resource\n"
                   "copy: copied with another resource: " +
                   from +
                   "copy: copied with another resource: get_allocator() names another resource\n");
}

BOOST_AUTO_TEST_CASE(the_default_resource_is_as_before) {
    std::pmr::memory_resource* const before = std::pmr::get_default_resource();
    static_cast<void>(report_of<order>());
    BOOST_TEST(std::pmr::get_default_resource() == before);
    BOOST_CHECK_THROW(static_cast<void>(check_allocator_aware(
                          [](allocator) -> order { throw std::bad_alloc{}; })),
                      std::bad_alloc);
    BOOST_TEST(std::pmr::get_default_resource() == before);
}

BOOST_AUTO_TEST_SUITE_END()
