// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <strata/core/label.hpp>
#include <strata/strategies/size_profile.hpp>

#include "support/temporary_folder.hpp"

BOOST_AUTO_TEST_SUITE(size_profile_test)

using strata::size_profile;
namespace data = boost::unit_test::data;

namespace {

constexpr std::string_view comment =
    "# Sizes that strata has learnt: a name, and the bytes that its last rounds needed.\n";

void learn_all(size_profile& sizes, const strata::label& name,
               const std::vector<std::size_t>& rounds) {
    for (const std::size_t each : rounds) {
        sizes.learn(name, each);
    }
}

struct folder {
    const tests::temporary_folder in;
    const std::string file = in.file("app.sizes");

    [[nodiscard]] std::string lines() const {
        const std::string text = in.read("app.sizes");
        BOOST_TEST(text.starts_with(comment));
        return text.substr(std::min(comment.size(), text.size()));
    }
};

}  // namespace

// --- what is learnt -----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_name_that_is_not_known_has_the_other_size) {
    size_profile sizes;
    sizes.learn("requests", 5000);
    BOOST_TEST(sizes.size("answers", 4096) == 4096u);
    BOOST_TEST(sizes.size("requests", 4096) == 5000u);
}

BOOST_AUTO_TEST_CASE(of_a_few_rounds_the_largest_counts) {
    size_profile sizes;
    learn_all(sizes, "requests", {5000, 7000, 6000});
    BOOST_TEST(sizes.size("requests", 0) == 7000u);
}

BOOST_AUTO_TEST_CASE(of_many_rounds_one_that_is_unusual_does_not_count) {
    size_profile sizes;
    learn_all(sizes, "requests", {100, 100, 100, 9999, 100, 101, 100});
    BOOST_TEST(sizes.size("requests", 0) == 9999u);
    sizes.learn("requests", 100);
    BOOST_TEST(sizes.size("requests", 0) == 101u);
}

BOOST_AUTO_TEST_CASE(a_need_that_grows_is_covered_after_two_rounds) {
    size_profile sizes;
    learn_all(sizes, "requests", std::vector<std::size_t>(50, 100));
    learn_all(sizes, "requests", {200, 200});
    BOOST_TEST(sizes.size("requests", 0) == 200u);
}

BOOST_AUTO_TEST_CASE(a_need_that_shrinks_is_forgotten_after_fifteen_rounds) {
    size_profile sizes;
    learn_all(sizes, "requests", std::vector<std::size_t>(50, 200));
    learn_all(sizes, "requests", std::vector<std::size_t>(14, 100));
    BOOST_TEST(sizes.size("requests", 0) == 200u);
    sizes.learn("requests", 100);
    BOOST_TEST(sizes.size("requests", 0) == 100u);
}

BOOST_AUTO_TEST_CASE(at_most_so_many_names_are_learnt) {
    size_profile sizes;
    for (std::size_t i = 0; i != size_profile::most_names + 1; ++i) {
        sizes.learn(strata::label{std::to_string(i)}, i + 1);
    }
    BOOST_TEST(sizes.size("2047", 0) == 2048u);
    BOOST_TEST(sizes.size("2048", 7) == 7u);
}

BOOST_FIXTURE_TEST_CASE(no_size_is_larger_than_a_file_may_hold, folder) {
    constexpr std::uint64_t most = std::uint64_t{1} << 61;
    {
        size_profile sizes{file};
        sizes.learn("requests", SIZE_MAX);
        BOOST_TEST(sizes.size("requests", 0) == most);
    }
    size_profile sizes{file};
    BOOST_TEST(sizes.size("requests", 0) == most);
}

BOOST_AUTO_TEST_CASE(several_threads_may_learn_and_ask_at_once) {
    size_profile sizes;
    std::vector<std::jthread> all;
    for (std::size_t i = 0; i != 4; ++i) {
        all.emplace_back([&sizes, i] {
            const strata::label mine{std::to_string(i)};
            for (std::size_t round = 0; round != 1000; ++round) {
                sizes.learn("shared", 100);
                sizes.learn(mine, i + sizes.size("shared", 0));
            }
        });
    }
    all.clear();
    BOOST_TEST(sizes.size("shared", 0) == 100u);
    BOOST_TEST(sizes.size("3", 0) == 103u);
}

// --- the file -----------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_file_that_is_missing_is_an_empty_profile, folder) {
    {
        size_profile sizes{file};
        BOOST_TEST(sizes.file() == file);
        BOOST_TEST(sizes.size("requests", 4096) == 4096u);
    }
    BOOST_TEST(in.count_files() == 0u);  // there is nothing to write
}

BOOST_FIXTURE_TEST_CASE(the_next_run_has_what_this_one_has_learnt, folder) {
    {
        size_profile sizes{file};
        learn_all(sizes, "requests", {5000, 4000});
        sizes.learn("new orders", 7);
        sizes.learn({}, 1);
    }
    BOOST_TEST(lines() == "\"\" 1\n\"new orders\" 7\nrequests 5000 4000\n");
    BOOST_TEST(in.count_files() == 1u);
    size_profile sizes{file};
    BOOST_TEST(sizes.size("requests", 0) == 5000u);
    BOOST_TEST(sizes.size("new orders", 0) == 7u);
    BOOST_TEST(sizes.size({}, 0) == 1u);
}

BOOST_FIXTURE_TEST_CASE(the_file_has_the_last_sixteen_rounds, folder) {
    size_profile sizes{file};
    for (std::size_t i = 1; i != 21; ++i) {
        sizes.learn("r", i);
    }
    sizes.save();
    BOOST_TEST(lines() == "r 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20\n");
}

BOOST_FIXTURE_TEST_CASE(programs_that_use_a_file_together_keep_the_names_of_each_other, folder) {
    size_profile one{file};
    size_profile other{file};
    learn_all(one, "both", {1});
    learn_all(one, "one", {2});
    learn_all(other, "both", {3});
    learn_all(other, "other", {4});
    one.save();
    other.save();
    BOOST_TEST(lines() == "both 3\none 2\nother 4\n");
}

BOOST_FIXTURE_TEST_CASE(a_name_that_was_saved_is_not_written_again, folder) {
    size_profile one{file};
    one.learn("both", 1);
    one.save();
    {
        size_profile other{file};
        other.learn("both", 3);
    }
    one.learn("one", 2);
    one.save();
    BOOST_TEST(lines() == "both 1 3\none 2\n");
    BOOST_TEST(one.size("both", 0) == 3u);
}

BOOST_FIXTURE_TEST_CASE(programs_that_save_at_once_lose_no_name, folder) {
    constexpr std::size_t programs = 4;
    constexpr std::size_t rounds = 10;
    std::vector<std::jthread> all;
    for (std::size_t i = 0; i != programs; ++i) {
        all.emplace_back([this, i] {
            for (std::size_t round = 0; round != rounds; ++round) {
                size_profile sizes{file};
                const std::string name = std::to_string(i) + "." + std::to_string(round);
                sizes.learn(strata::label{name}, 1);
            }
        });
    }
    all.clear();
    const std::string text = lines();
    BOOST_TEST(std::ranges::count(text, '\n') == static_cast<std::ptrdiff_t>(programs * rounds));
}

// The test holds the lock that a save waits for.
BOOST_FIXTURE_TEST_CASE(learning_does_not_wait_for_a_save, folder) {
    size_profile sizes{file};
    sizes.learn("a", 1);
    const int locked = open(in.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    BOOST_REQUIRE(flock(locked, LOCK_EX) == 0);
    std::atomic<bool> is_saving = false;
    std::jthread other{[&] {
        is_saving = true;
        sizes.save();
    }};
    while (!is_saving) {
        std::this_thread::yield();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    sizes.learn("b", 2);
    BOOST_TEST(sizes.size("a", 0) == 1u);
    BOOST_TEST(in.count_files() == 0u);
    close(locked);
    other.join();
    sizes.save();
    BOOST_TEST(lines() == "a 1\nb 2\n");
}

BOOST_FIXTURE_TEST_CASE(what_a_person_wrote_or_removed_stays_so, folder) {
    in.write("app.sizes", "\n  # by hand\r\n\tone\t5  6 \r\ntwo 7");
    size_profile sizes{file};
    BOOST_TEST(sizes.size("one", 0) == 6u);
    BOOST_TEST(sizes.size("two", 0) == 7u);
    in.write("app.sizes", "two 8\n");
    sizes.learn("three", 9);
    sizes.save();
    BOOST_TEST(lines() == "three 9\ntwo 8\n");
}

BOOST_FIXTURE_TEST_CASE(the_permissions_of_the_file_stay, folder) {
    in.write("app.sizes", "");
    std::filesystem::permissions(file, std::filesystem::perms{0640});
    size_profile sizes{file};
    sizes.learn("a", 1);
    sizes.save();
    BOOST_TEST(static_cast<unsigned>(std::filesystem::status(file).permissions()) == 0640u);
}

BOOST_FIXTURE_TEST_CASE(the_owner_of_the_file_stays, folder) {
    in.write("app.sizes", "");
    if (chown(file.c_str(), 1234, 5678) != 0) {
        return;  // only root has files of another owner to write
    }
    size_profile sizes{file};
    sizes.learn("a", 1);
    sizes.save();
    struct stat known {};
    BOOST_REQUIRE(stat(file.c_str(), &known) == 0);
    BOOST_TEST(known.st_uid == 1234u);
    BOOST_TEST(known.st_gid == 5678u);
}

BOOST_FIXTURE_TEST_CASE(a_symbolic_link_stays_one, folder) {
    in.write("real.sizes", "a 1\n");
    std::filesystem::create_symlink("real.sizes", file);
    {
        size_profile sizes{file};
        sizes.learn("b", 2);
    }
    BOOST_TEST(std::filesystem::is_symlink(file));
    BOOST_TEST(!std::filesystem::is_symlink(in.file("real.sizes")));
    BOOST_TEST(lines() == "a 1\nb 2\n");
    BOOST_TEST(in.count_files() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_relative_path_stays_where_it_was, folder) {
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(in.path());
    {
        size_profile sizes{"app.sizes"};
        std::filesystem::current_path(before);
        sizes.learn("a", 1);
        BOOST_TEST(sizes.file() == "app.sizes");
    }
    BOOST_TEST(lines() == "a 1\n");
}

BOOST_FIXTURE_TEST_CASE(parent_and_child_of_a_fork_may_both_save, folder) {
    size_profile sizes{file};
    sizes.learn("both", 1);
    const pid_t child = fork();
    if (child == 0) {
        sizes.learn("child", 2);
        sizes.save();
        _exit(0);
    }
    int status = -1;
    BOOST_TEST(waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
    sizes.learn("parent", 3);
    sizes.save();
    BOOST_TEST(lines() == "both 1\nchild 2\nparent 3\n");
}

// Each reads a whole file, whoever writes meanwhile.
BOOST_FIXTURE_TEST_CASE(the_file_is_whole_at_any_moment, folder) {
    std::vector<std::jthread> all;
    for (std::size_t i = 0; i != 3; ++i) {
        all.emplace_back([this, i] {
            for (std::size_t round = 0; round != 50; ++round) {
                size_profile sizes{file};
                sizes.learn(strata::label{"name " + std::to_string(i)}, round + 1);
            }
        });
    }
    all.clear();
    BOOST_TEST(in.count_files() == 1u);
    BOOST_TEST(lines().ends_with("\n"));
}

// --- what is broken -----------------------------------------------------------------------------

namespace {

struct broken_line {
    std::string text;
    std::string problem;

    friend std::ostream& operator<<(std::ostream& out, const broken_line& of) {
        return out << of.text;
    }
};

const std::string no_name = "expected a name and its sizes, such as requests 4096 5000";
const std::string no_size = "expected sizes in bytes, such as 4096 5000";

const std::vector<broken_line> broken_lines{
    {"requests", no_name},
    {"4096 ", no_name},
    {"\"new orders 5", no_name},
    {"\"new orders\"5", no_name},
    {"a,b 5", no_name},
    {"a-name-of-more-than-23-bytes 5", no_name},
    {"requests -5", no_size},
    {"requests 4KiB", no_size},
    {"requests 5 18446744073709551616", no_size},
    {"requests 2305843009213693953", no_size},
    {"requests 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "expected at most 16 sizes"},
    {"other 6", "expected \"other\" only once"},
};

}  // namespace

BOOST_DATA_TEST_CASE_F(folder, a_broken_line_is_named_and_left_alone, data::make(broken_lines)) {
    const std::string text = "other 5\n" + sample.text + "\n";
    const auto names_it = [&](const std::runtime_error& error) {
        BOOST_TEST(error.what() == "strata: \"" + file + "\", line 2: " + sample.problem);
        return true;
    };
    size_profile sizes{file};
    sizes.learn("a", 1);
    in.write("app.sizes", text);
    BOOST_CHECK_EXCEPTION(size_profile{file}, std::runtime_error, names_it);
    BOOST_CHECK_EXCEPTION(sizes.save(), std::runtime_error, names_it);
    BOOST_TEST(in.read("app.sizes") == text);
    in.write("app.sizes", "");
    sizes.save();
    BOOST_TEST(lines() == "a 1\n");
}

BOOST_FIXTURE_TEST_CASE(a_file_that_cannot_be_read_is_named, folder) {
    const auto says = [&](const char* what) {
        return [=](const std::system_error& error) {
            BOOST_TEST(std::string{error.what()}.find(what) != std::string::npos, error.what());
            return true;
        };
    };
    BOOST_CHECK_EXCEPTION(size_profile{in.path()}, std::system_error,
                          says("expected a regular file"));
    in.write("app.sizes", std::string(1100000, '#'));
    BOOST_CHECK_EXCEPTION(size_profile{file + "/below"}, std::system_error,
                          says("expected a file that can be read"));
    BOOST_CHECK_EXCEPTION(size_profile{file}, std::system_error, says("expected at most 1 MiB"));
}

BOOST_FIXTURE_TEST_CASE(a_folder_that_cannot_be_written_loses_what_was_learnt, folder) {
    const std::string gone = in.file("no_such_folder/app.sizes");
    {
        size_profile sizes{gone};
        sizes.learn("a", 1);
        BOOST_CHECK_EXCEPTION(sizes.save(), std::system_error, [](const std::system_error& error) {
            return error.code() == std::errc::no_such_file_or_directory;
        });
    }  // and the destructor says nothing
    in.write("app.sizes", "a 1\n");
    std::filesystem::permissions(in.path(), std::filesystem::perms{0500});
    if (geteuid() != 0) {
        size_profile sizes{file};
        sizes.learn("a", 2);
        BOOST_CHECK_THROW(sizes.save(), std::system_error);
    }
    std::filesystem::permissions(in.path(), std::filesystem::perms{0700});
    BOOST_TEST(in.read("app.sizes") == "a 1\n");
    BOOST_TEST(in.count_files() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
