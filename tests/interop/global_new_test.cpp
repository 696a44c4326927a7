// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// What the language asks of operator new and delete, in all forms, on a resource that is watched.
#define BOOST_TEST_MODULE global_new
#include <boost/test/unit_test.hpp>

#include <pthread.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <exception>
#include <limits>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <strata/interop/global_new.hpp>

#include "global_spy.hpp"
#include "new_forms.hpp"
#include "support/asan.hpp"

STRATA_GLOBAL_RESOURCE(tests::the_spy());

namespace {

using tests::looking;
using tests::offset_for;
using tests::the_spy;

constexpr std::size_t usual_alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

// Thrown in place of std::bad_alloc.
class own_bad_alloc : public std::bad_alloc {
public:
    explicit own_bad_alloc(int number) noexcept : number{number} {}
    [[nodiscard]] const char* what() const noexcept override { return "my own"; }
    int number;
};
class foreign_exception {};

// The handler for the time of a test; counts its calls.
class installed_handler {
public:
    explicit installed_handler(std::new_handler handler) : before_{std::set_new_handler(handler)} {
        calls = 0;
    }
    installed_handler(const installed_handler&) = delete;
    installed_handler& operator=(const installed_handler&) = delete;
    ~installed_handler() { std::set_new_handler(before_); }

    inline static int calls = 0;

private:
    std::new_handler before_;
};

void throw_bad_alloc() {
    throw std::bad_alloc{};
}

// An alignment that the form is asked for, and what it then means.
std::size_t meant(const tests::new_form& form, std::size_t alignment) {
    return form.is_aligned ? alignment : usual_alignment;
}

void free_any(void* block, std::size_t size, std::size_t alignment, bool is_aligned) {
    if (is_aligned) {
        ::operator delete(block, size, std::align_val_t{alignment});
    } else {
        ::operator delete(block, size);
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_form_of_new_reaches_the_resource_and_each_form_of_delete_gives_back) {
    for (const auto& make : tests::new_forms) {
        for (const auto& free : tests::delete_forms) {
            if (make.is_aligned != free.is_aligned) {
                continue;
            }
            for (const std::size_t alignment : {8U, 32U, 4096U}) {
                const std::size_t served = meant(make, alignment);
                void* block = nullptr;
                {
                    const looking now{the_spy()};
                    block = make.call(40, alignment);
                    std::memset(block, 0x5A, 40);
                    free.call(block, 40, alignment);
                }
                BOOST_TEST_CONTEXT(make.name << ", " << free.name << ", " << alignment) {
                    BOOST_TEST_REQUIRE(the_spy().calls() == 2U);
                    const auto& allocated = the_spy()[0];
                    const auto& freed = the_spy()[1];
                    BOOST_TEST(allocated.is_allocation);
                    BOOST_TEST(allocated.as.size == 40 + offset_for(served));
                    BOOST_TEST(allocated.as.alignment == served);
                    BOOST_TEST(allocated.block ==
                               static_cast<std::byte*>(block) - offset_for(served));
                    BOOST_TEST(!freed.is_allocation);
                    BOOST_TEST(freed.block == allocated.block);
                    BOOST_TEST(freed.as.alignment == served);
                    const bool says_size =
                        std::string{free.name}.find("sized") != std::string::npos;
                    if (says_size || tests::has_headers) {
                        BOOST_TEST(freed.as.size == allocated.as.size);
                    } else {
                        BOOST_TEST(freed.as.size >= allocated.as.size);
                    }
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(null_is_freed_by_every_form_and_nothing_happens) {
    const looking now{the_spy()};
    for (const auto& free : tests::delete_forms) {
        free.call(nullptr, 8, 64);
    }
    BOOST_TEST(the_spy().calls() == 0U);
}

BOOST_AUTO_TEST_CASE(blocks_of_no_bytes_are_distinct) {
    for (const auto& make : tests::new_forms) {
        for (const std::size_t alignment : {1U, 16U, 64U}) {
            std::set<void*> blocks;
            for (int i = 0; i != 50; ++i) {
                void* block = make.call(0, alignment);
                BOOST_TEST_REQUIRE(block != nullptr);
                BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % meant(make, alignment) == 0U);
                blocks.insert(block);
            }
            BOOST_TEST(blocks.size() == 50U);
            for (void* block : blocks) {
                free_any(block, 0, alignment, make.is_aligned);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(every_alignment_is_kept_whatever_the_size) {
    for (std::size_t alignment = 1; alignment <= (std::size_t{2} << 20); alignment *= 2) {
        for (const std::size_t size : {0U, 1U, 7U, 8U, 15U, 16U, 17U, 100U, 1000U, 40001U}) {
            std::array<void*, 2> blocks{};
            for (void*& block : blocks) {
                block = ::operator new(size, std::align_val_t{alignment});
                BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % alignment == 0U);
                std::memset(block, &block == &blocks[0] ? 1 : 2, size);
            }
            for (std::size_t i = 0; i != size; ++i) {
                BOOST_TEST_REQUIRE(static_cast<char*>(blocks[0])[i] == 1);
            }
            for (void* block : blocks) {
                ::operator delete(block, size, std::align_val_t{alignment});
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(sizes_that_cannot_be_are_refused_before_anything_is_added_to_them) {
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    for (const auto& make : tests::new_forms) {
        for (const std::size_t size :
             {most, most - 1, most - 7, most - 8, most - 15, most - 16, most - 17, most - 4096,
              most / 2 + 1, most / 2, most / 2 - 16, std::size_t{1} << 62, std::size_t{1} << 48}) {
            for (const std::size_t alignment : {1U, 8U, 16U, 32U, 4096U, 1U << 21U}) {
                bool is_refused = false;
                void* block = nullptr;
                the_spy().look();
                try {
                    block = make.call(size, alignment);
                    is_refused = block == nullptr && make.is_nothrow;
                } catch (const std::bad_alloc&) {
                    is_refused = !make.is_nothrow;
                }
                the_spy().look_away();
                BOOST_TEST_CONTEXT(make.name << ' ' << size << ' ' << alignment) {
                    BOOST_TEST(is_refused);
                    BOOST_TEST(the_spy().calls() == 0U);  // that is, none succeeded
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(alignments_that_cannot_be_are_refused) {
    for (const auto& make : tests::new_forms) {
        for (unsigned bit = 40; make.is_aligned && bit != 64; ++bit) {
            const std::size_t alignment = std::size_t{1} << bit;
            if (make.is_nothrow) {
                BOOST_TEST((make.call(8, alignment) == nullptr));
            } else {
                BOOST_CHECK_THROW(make.call(8, alignment), std::bad_alloc);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_cancelled_thread_that_asks_without_a_throw_is_answered) {
    struct answers {
        std::array<void*, tests::new_forms.size()> blocks{};
    } given;
    const auto ask = [](void* to) -> void* {
        pthread_cancel(pthread_self());
        for (std::size_t i = 0; i != tests::new_forms.size(); ++i) {
            const auto& make = tests::new_forms[i];
            if (make.is_nothrow) {
                the_spy().look();
                the_spy().fail(1, [] {
                    pthread_testcancel();
                    throw foreign_exception{};
                });
                static_cast<answers*>(to)->blocks[i] = make.call(8, 16);
                the_spy().look_away();
            }
        }
        return nullptr;
    };
    given.blocks.fill(&given);
    pthread_t thread{};
    void* result = nullptr;
    BOOST_TEST_REQUIRE(pthread_create(&thread, nullptr, ask, &given) == 0);
    BOOST_TEST_REQUIRE(pthread_join(thread, &result) == 0);
    BOOST_TEST((result == nullptr));
    for (std::size_t i = 0; i != tests::new_forms.size(); ++i) {
        BOOST_TEST((given.blocks[i] == nullptr) == tests::new_forms[i].is_nothrow);
    }
}

// --- the handler ------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_failure_without_a_handler_goes_out_as_it_is) {
    for (const auto& make : tests::new_forms) {
        bool is_right = false;
        the_spy().look();
        the_spy().fail(1, [] { throw own_bad_alloc{7}; });
        try {
            is_right = make.call(8, 16) == nullptr && make.is_nothrow;
        } catch (const own_bad_alloc& e) {
            is_right = !make.is_nothrow && e.number == 7;
        } catch (...) {
        }
        the_spy().look_away();
        BOOST_TEST(is_right, make.name);
        BOOST_TEST(the_spy().failures_left() == 0U);
    }
}

BOOST_AUTO_TEST_CASE(so_does_an_exception_that_is_no_bad_alloc) {
    const installed_handler handler{[] { ++installed_handler::calls; }};
    for (const auto& make : tests::new_forms) {
        bool is_right = false;
        the_spy().look();
        the_spy().fail(1, [] { throw foreign_exception{}; });
        try {
            is_right = make.call(8, 16) == nullptr && make.is_nothrow;
        } catch (const foreign_exception&) {
            is_right = !make.is_nothrow;
        } catch (...) {
        }
        the_spy().look_away();
        BOOST_TEST(is_right, make.name);
    }
    BOOST_TEST(handler.calls == 0);
}

BOOST_AUTO_TEST_CASE(the_handler_is_called_until_the_request_is_met_with_the_same_alignment) {
    const installed_handler handler{[] { ++installed_handler::calls; }};
    for (const auto& make : tests::new_forms) {
        installed_handler::calls = 0;
        the_spy().look();
        the_spy().fail(3, throw_bad_alloc);
        void* block = make.call(100, 256);
        the_spy().look_away();
        const std::size_t alignment = meant(make, 256);
        BOOST_TEST_CONTEXT(make.name) {
            BOOST_TEST(handler.calls == 3);
            BOOST_TEST_REQUIRE(block != nullptr);
            BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % alignment == 0U);
            BOOST_TEST_REQUIRE(the_spy().calls() == 4U);
            for (std::size_t i = 0; i != 4; ++i) {
                BOOST_TEST(the_spy()[i].as.size == 100 + offset_for(alignment));
                BOOST_TEST(the_spy()[i].as.alignment == alignment);
            }
        }
        free_any(block, 100, 256, make.is_aligned);
    }
}

BOOST_AUTO_TEST_CASE(the_handler_is_read_again_each_time) {
    for (const auto& make : tests::new_forms) {
        // The first installs a second, which takes itself away.
        const installed_handler handler{[] {
            ++installed_handler::calls;
            std::set_new_handler([] {
                installed_handler::calls += 10;
                std::set_new_handler(nullptr);
            });
        }};
        bool is_refused = false;
        the_spy().look();
        the_spy().fail(10, throw_bad_alloc);
        try {
            is_refused = make.call(8, 16) == nullptr;
        } catch (const std::bad_alloc&) {
            is_refused = true;
        }
        the_spy().look_away();
        BOOST_TEST(is_refused);
        BOOST_TEST(handler.calls == 11);
        BOOST_TEST(the_spy().failures_left() == 7U);
        the_spy().fail(0, nullptr);
    }
}

BOOST_AUTO_TEST_CASE(what_the_handler_throws_goes_out_unchanged_but_of_the_nothrow_forms) {
    for (const auto& make : tests::new_forms) {
        const installed_handler handler{[] {
            ++installed_handler::calls;
            throw own_bad_alloc{3};
        }};
        for (int time = 1; time != 3; ++time) {
            bool is_right = false;
            the_spy().look();
            the_spy().fail(1, throw_bad_alloc);
            try {
                is_right = make.call(8, 16) == nullptr && make.is_nothrow;
            } catch (const own_bad_alloc& e) {
                is_right = !make.is_nothrow && e.number == 3;
            } catch (...) {
            }
            the_spy().look_away();
            BOOST_TEST(is_right, make.name);
            BOOST_TEST(handler.calls == time);
        }
    }
}

BOOST_AUTO_TEST_CASE(
    the_handler_may_throw_what_is_no_bad_alloc_and_is_called_outside_of_any_catch) {
    for (const auto& make : tests::new_forms) {
        const installed_handler handler{[] {
            installed_handler::calls += std::current_exception() == nullptr ? 1 : 100;
            throw std::runtime_error{"of the handler"};
        }};
        bool is_right = false;
        the_spy().look();
        the_spy().fail(1, throw_bad_alloc);
        try {
            is_right = make.call(8, 16) == nullptr && make.is_nothrow;
        } catch (const std::runtime_error&) {
            is_right = !make.is_nothrow;
        } catch (...) {
        }
        the_spy().look_away();
        BOOST_TEST(is_right, make.name);
        BOOST_TEST(handler.calls == 1);
    }
}

BOOST_AUTO_TEST_CASE(the_handler_is_asked_for_sizes_that_cannot_be_too) {
    for (const auto& make : tests::new_forms) {
        const installed_handler handler{[] {
            ++installed_handler::calls;
            throw std::bad_alloc{};
        }};
        bool is_refused = false;
        try {
            is_refused = make.call(std::numeric_limits<std::size_t>::max() - 8, 16) == nullptr;
        } catch (const std::bad_alloc&) {
            is_refused = true;
        }
        BOOST_TEST(is_refused);
        BOOST_TEST(handler.calls == 1);
    }
}

BOOST_AUTO_TEST_CASE(a_handler_may_allocate_and_free) {
    static std::vector<int>* hoard = nullptr;
    hoard = new std::vector<int>(1000);
    const installed_handler handler{[] {
        ++installed_handler::calls;
        const std::string text(100, 'x');  // while the spy lets all through again
        delete std::exchange(hoard, nullptr);
    }};
    the_spy().look();
    the_spy().fail(1, throw_bad_alloc);
    void* block = ::operator new(8);
    the_spy().look_away();
    BOOST_TEST(handler.calls == 1);
    BOOST_TEST(hoard == nullptr);
    ::operator delete(block);
}
