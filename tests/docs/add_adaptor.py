#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""Adds an adaptor to a copy of the sources: its header, its test, and a line in each of four files.

    add_adaptor.py ROOT LIBRARY COMPILER...

Then its test passes, a text can name it, and the reference has its section. If an adaptor needs
more than that, this fails: docs/architecture.md, "Where a new resource goes", promises it.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HEADER = """\
// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_ROUNDING_RESOURCE_HPP
#define STRATA_ADAPTORS_ROUNDING_RESOURCE_HPP

#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <tuple>

#include <strata/adaptors/adaptor.hpp>

namespace strata {

template <class Upstream = std::pmr::memory_resource>
class rounding_resource;

/// Describes a `rounding_resource`.
struct rounding {
    std::size_t to = 16;
    label name = {};

    template <class Upstream>
    using resource_type = rounding_resource<Upstream>;
    static constexpr bool is_source = false;
    static constexpr bool only_from_below = true;
    static constexpr std::string_view layer_name = "rounding";

    static constexpr auto option_table() {
        return std::tuple{option{&rounding::to, {.name = "to", .what = "rounds up", .least = 1}}};
    }
};

/// Rounds sizes up to a multiple.
///
/// Routing: every call goes on to the upstream, with a rounded size.
/// Lifetime: holds no blocks. The upstream must outlive it.
/// Overhead: what is rounded up.
/// Complexity: O(1) beside the upstream's.
/// Errors: what the upstream throws passes through.
/// Threads: as the upstream.
template <class Upstream>
class rounding_resource : public adaptor<rounding_resource<Upstream>, rounding, Upstream> {
public:
    rounding_resource(const rounding& description, Upstream* upstream STRATA_LIFETIME_BOUND)
        : rounding_resource::adaptor{description.name, upstream}, options_{description} {}

    [[nodiscard]] const rounding& options() const noexcept { return options_; }

protected:
    void* do_allocate(std::size_t bytes, std::size_t alignment) final {
        return this->allocate_below(rounded(bytes), alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final {
        this->deallocate_below(block, rounded(bytes), alignment);
    }

private:
    friend typename rounding_resource::direct_calls;

    [[nodiscard]] std::size_t rounded(std::size_t bytes) const noexcept {
        return (bytes + options_.to - 1) / options_.to * options_.to;
    }

    rounding options_;
};

}  // namespace strata

#endif
"""

TEST = """\
// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <strata/strata.hpp>

BOOST_AUTO_TEST_SUITE(rounding_resource_test)

BOOST_AUTO_TEST_CASE(a_size_is_rounded_up) {
    strata::stack memory{strata::rounding{.to = 100}, strata::stats{}};
    void* const block = memory.allocate(101);
    BOOST_TEST(memory.get<strata::stats>().snapshot().live_bytes == 200);
    memory.deallocate(block, 101);
}

BOOST_AUTO_TEST_CASE(a_text_can_name_it) {
    const auto chosen = strata::strategy::parse("stats > rounding(to=64, name=sixty) > stats");
    auto memory = chosen.build();
    memory.deallocate(memory.allocate(1), 1);
    auto* const made = memory.find<strata::rounding_resource<>>();
    BOOST_REQUIRE(made != nullptr);
    BOOST_TEST(made->options().to == 64u);
    BOOST_TEST(made->label().text() == "sixty");
    BOOST_TEST(to_text(strata::describe(memory)).find("to=64") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
"""

# Of each file: the new line, and the one that it follows.
LINES = {
    "include/meson.build": ("  'strata/adaptors/rounding_resource.hpp',",
                            "  'strata/adaptors/retry_resource.hpp',"),
    "include/strata/adaptors/all.hpp": ("#include <strata/adaptors/rounding_resource.hpp>",
                                        "#include <strata/adaptors/retry_resource.hpp>"),
    "src/compose/built_in_layers.cpp": ("        layer_kind_of<rounding>(),",
                                        "        layer_kind_of<retry>(),"),
    "tests/meson.build": (
        "  'adaptors/rounding_resource': 'adaptors/rounding_resource_test.cpp',",
        "  'adaptors/retry_resource': 'adaptors/retry_resource_test.cpp',"),
}


def add_adaptor(copy):
    (copy / "include/strata/adaptors/rounding_resource.hpp").write_text(HEADER)
    (copy / "tests/adaptors/rounding_resource_test.cpp").write_text(TEST)
    for name, (line, after) in LINES.items():
        text = (copy / name).read_text(encoding="utf-8")
        if text.count(after + "\n") != 1:
            sys.exit(f"{name}: \"{after}\" is not there once")
        (copy / name).write_text(text.replace(after + "\n", after + "\n" + line + "\n"),
                                 encoding="utf-8")


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(str(word) for word in command)}\n{done.stdout}{done.stderr}")


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    library = pathlib.Path(sys.argv[2]).resolve()
    compiler = sys.argv[3:]
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder)
        for name in ("include", "src", "tests", "docs"):
            shutil.copytree(root / name, copy / name)
        add_adaptor(copy)
        run("sh", copy / "tests/docs/tests_listed.sh", copy)
        run("sh", copy / "tests/docs/layers.sh", copy)

        # The programs' list of layers stands before the library's.
        def build(program, *sources):
            run(*compiler, f"-I{copy}/include", f"-I{copy}/src", *sources,
                copy / "src/compose/built_in_layers.cpp", library,
                "-DBOOST_TEST_DYN_LINK", "-lboost_unit_test_framework", "-o", copy / program)

        found_there = dict(os.environ, LD_LIBRARY_PATH=str(library.parent))
        build("unit_test", copy / "tests/adaptors/rounding_resource_test.cpp",
              copy / "tests/support/main.cpp")
        run(copy / "unit_test", env=found_there)
        build("layer_options", copy / "docs/examples/layer_options.cpp")
        run("python3", copy / "docs/reference.py", copy / "layer_options", env=found_there)
        for page in ("docs/reference.md", "docs/composing.md"):
            if "`rounding(to=16)`" not in (copy / page).read_text(encoding="utf-8"):
                sys.exit(f"{page} does not show the adaptor")


main()
