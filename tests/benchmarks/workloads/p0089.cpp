// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// The data structures and allocation strategies of "On Quantifying Memory-Allocation Strategies"
// (Lakos, Mendelsohn, Meredith, Myers; P0089R1), on the standard's containers.
//
// Covered: the structures DS1 to DS12 (vector and unordered_set, of int and of strings, alone and
// in a vector or an unordered_set) and the strategies AS1 to AS14: std::allocator; new and delete
// behind the interface; and monotonic, multipool, multipool over monotonic, each called on its own
// type or through the interface, destroyed in the ordinary way or winked out. All are made, filled
// and given up once an iteration, the resource included. Not covered: the paper's axes of locality
// (subsystems that age), of utilisation and of contention.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>

#include <boost/container/pmr/unsynchronized_pool_resource.hpp>

#include "contenders/strata_parts.hpp"
#include "report.hpp"
#include "workloads/special.hpp"
#include "workloads/workloads.hpp"

namespace bench {
namespace {

// --- families of allocators ---

struct plain {
    template <class T>
    using allocator = std::allocator<T>;
};

struct polymorphic {
    template <class T>
    using allocator = std::pmr::polymorphic_allocator<T>;
};

// Calls a resource of a known type.
template <class T, class Resource>
class typed_allocator {
public:
    using value_type = T;

    explicit typed_allocator(Resource* resource) : resource_{resource} {}
    template <class U>
    typed_allocator(const typed_allocator<U, Resource>& other) : resource_{other.resource()} {}

    [[nodiscard]] T* allocate(std::size_t count) {
        return static_cast<T*>(resource_->allocate(count * sizeof(T), alignof(T)));
    }
    void deallocate(T* block, std::size_t count) {
        resource_->deallocate(block, count * sizeof(T), alignof(T));
    }
    [[nodiscard]] Resource* resource() const { return resource_; }

    template <class U>
    friend bool operator==(const typed_allocator& left, const typed_allocator<U, Resource>& right) {
        return left.resource() == right.resource();
    }

private:
    Resource* resource_;
};

template <class Resource>
struct typed {
    template <class T>
    using allocator = typed_allocator<T, Resource>;
};

// --- data structures ---

struct hash {
    std::size_t operator()(int value) const { return std::hash<int>{}(value); }
    template <class Container>
    std::size_t operator()(const Container& all) const {
        if constexpr (std::is_convertible_v<const Container&, std::string_view>) {
            return std::hash<std::string_view>{}(all);
        } else {
            std::size_t sum = 0;  // in no order, since sets have none
            for (const auto& one : all) {
                sum += (*this)(one);
            }
            return sum;
        }
    }
};

template <class Family>
using string_in =
    std::basic_string<char, std::char_traits<char>, typename Family::template allocator<char>>;
template <class Family, class T>
using vector_in = std::vector<T, typename Family::template allocator<T>>;
template <class Family, class T>
using set_in = std::unordered_set<T, hash, std::equal_to<>, typename Family::template allocator<T>>;

constexpr std::size_t inner_elements = 16;

template <class T, class Handle>
T value_of(std::size_t number, Handle handle);

template <class Container, class Handle>
void fill(Container& into, std::size_t first, std::size_t count, Handle handle) {
    using element = typename Container::value_type;
    for (std::size_t i = first; i != first + count; ++i) {
        if constexpr (requires { into.push_back(value_of<element>(i, handle)); }) {
            into.push_back(value_of<element>(i, handle));
        } else {
            into.insert(value_of<element>(i, handle));
        }
    }
}

template <class T, class Handle>
T value_of(std::size_t number, Handle handle) {
    if constexpr (std::is_same_v<T, int>) {
        return static_cast<int>(number);
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
        // Unlike all others, and 33 to 96 characters long, which no string keeps inside.
        char text[97];
        std::fill(std::begin(text), std::end(text), 'x');
        for (std::size_t i = 0, rest = number; i != 8; ++i, rest /= 16) {
            text[i] = "0123456789abcdef"[rest % 16];
        }
        return T(text, 33 + number * 7919 % 64, handle);
    } else {
        T inner(handle);
        fill(inner, number * inner_elements, inner_elements, handle);
        return inner;
    }
}

template <class Family, int Number>
auto structure() {
    using text = string_in<Family>;
    if constexpr (Number == 1) {
        return std::type_identity<vector_in<Family, int>>{};
    } else if constexpr (Number == 2) {
        return std::type_identity<vector_in<Family, text>>{};
    } else if constexpr (Number == 3) {
        return std::type_identity<set_in<Family, int>>{};
    } else if constexpr (Number == 4) {
        return std::type_identity<set_in<Family, text>>{};
    } else if constexpr (Number <= 8) {
        using inner = typename decltype(structure<Family, Number - 4>())::type;
        return std::type_identity<vector_in<Family, inner>>{};
    } else {
        using inner = typename decltype(structure<Family, Number - 8>())::type;
        return std::type_identity<set_in<Family, inner>>{};
    }
}

// --- strategies: what is made for an iteration, and what allocators are made of ---

std::vector<std::byte>& buffer() {
    static std::vector<std::byte> bytes(std::size_t{128} << 20);
    return bytes;
}

struct heap {
    using family = plain;
    std::allocator<char> handle() { return {}; }
};

struct new_delete {
    using family = polymorphic;
    memory* handle() { return std::pmr::new_delete_resource(); }
};

template <class Resource>
struct over_buffer {
    Resource resource{buffer().data(), buffer().size()};
};

template <class Resource>
struct over_heap {
    Resource resource{std::pmr::new_delete_resource()};
};

template <class Pool, class Arena>
struct over_arena {
    Arena arena{buffer().data(), buffer().size()};
    Pool resource{&arena};
};

template <class Below>
struct through : Below {
    using family = polymorphic;
    memory* handle() { return hidden<memory>(&this->resource); }
};

template <class Below>
struct known : Below {
    using resource_type = decltype(Below::resource);
    using family = typed<resource_type>;
    typed_allocator<char, resource_type> handle() {
        return typed_allocator<char, resource_type>{&this->resource};
    }
};

// Boost's pool has an interface of its own.
struct boost_pool : memory {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return pool.allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        pool.deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory& other) const noexcept override {
        return this == &other;
    }
    boost::container::pmr::unsynchronized_pool_resource pool;
};

struct on_boost {
    using family = polymorphic;
    boost_pool resource;
    memory* handle() { return hidden<memory>(&resource); }
};

struct on_contender {
    using family = polymorphic;
    static inline memory* chosen = nullptr;
    memory* handle() { return chosen; }
};

enum class end { destroyed, winked_out };

template <class Strategy, int Number, end How>
void run(benchmark::State& state, std::size_t elements) {
    using family = typename Strategy::family;
    using container = typename decltype(structure<family, Number>())::type;
    for (auto _ : state) {
        Strategy strategy;
        const auto handle = strategy.handle();
        if constexpr (How == end::destroyed) {
            container made(handle);
            fill(made, 0, elements, handle);
            asm volatile("" : : "g"(&made) : "memory");
        } else {
            void* const place = strategy.resource.allocate(sizeof(container), alignof(container));
            auto* const made = new (place) container(handle);
            fill(*made, 0, elements, handle);
            asm volatile("" : : "g"(made) : "memory");
        }
    }
}

template <class Strategy, int Number>
void add(workload& to, const std::string& label, std::size_t elements) {
    to.entries.push_back({label, label, [elements](benchmark::State& state) {
                              run<Strategy, Number, end::destroyed>(state, elements);
                          }});
}

template <class Strategy, int Number>
void add_both(workload& to, const std::string& label, std::size_t elements) {
    add<Strategy, Number>(to, label, elements);
    const std::string winked = label + ", winked out";
    to.entries.push_back({winked, winked, [elements](benchmark::State& state) {
                              run<Strategy, Number, end::winked_out>(state, elements);
                          }});
}

template <int Number>
void add_structure(std::vector<workload>& all, std::size_t bits) {
    const std::size_t elements = std::size_t{1} << bits;
    workload made{.id = "p0089/2^" + std::to_string(bits) + "/DS" + std::to_string(Number),
                  .group = "p0089",
                  .column = "DS" + std::to_string(Number),
                  .text =
                      "a data structure of P0089R1 made, filled and given up, under each of its "
                      "strategies",
                  .baseline = "std::allocator",
                  .long_running = bits != 8,
                  .few_rounds = true,
                  .entries = {}};
    using arena = strata::arena_resource;
    using pool = strata::pool_resource;
    using std_arena = std::pmr::monotonic_buffer_resource;
    using std_pool = std::pmr::unsynchronized_pool_resource;
    add<heap, Number>(made, "std::allocator", elements);
    add<new_delete, Number>(made, "new_delete", elements);
    add_both<through<over_buffer<arena>>, Number>(made, "strata arena", elements);
    add_both<known<over_buffer<arena>>, Number>(made, "strata arena, own type", elements);
    add_both<through<over_buffer<std_arena>>, Number>(made, "std monotonic", elements);
    add_both<through<over_heap<pool>>, Number>(made, "strata pool", elements);
    add_both<known<over_heap<pool>>, Number>(made, "strata pool, own type", elements);
    add_both<through<over_heap<std_pool>>, Number>(made, "std pool", elements);
    add_both<on_boost, Number>(made, "Boost pool", elements);
    add_both<through<over_arena<pool, arena>>, Number>(made, "strata pool > arena", elements);
    add_both<known<over_arena<pool, arena>>, Number>(made, "strata pool > arena, own type",
                                                     elements);
    add_both<through<over_arena<std_pool, std_arena>>, Number>(made, "std pool > monotonic",
                                                               elements);
    for (const char* id : {"mimalloc", "tcmalloc"}) {
        if (const contender* const one = the_field().find(id); one != nullptr) {
            made.entries.push_back({id, id, [one, elements](benchmark::State& state) {
                                        const auto resource = one->make(nullptr);
                                        on_contender::chosen = hidden(resource->get());
                                        run<on_contender, Number, end::destroyed>(state, elements);
                                    }});
        }
    }
    all.push_back(std::move(made));
}

template <int... Numbers>
void add_structures(std::vector<workload>& all, std::size_t bits,
                    std::integer_sequence<int, Numbers...> /*from 0*/) {
    (add_structure<Numbers + 1>(all, bits), ...);
}

}  // namespace

void add_p0089_workloads(std::vector<workload>& all) {
    for (const std::size_t bits : {4, 8, 12}) {
        add_structures(all, bits, std::make_integer_sequence<int, 12>{});
    }
}

void summarise_p0089(results& into, bool print) {
    std::vector<std::string> labels;
    for (const measured& in : into.timed) {
        if (in.of->group == "p0089" && labels.empty()) {
            for (const row& one : in.rows) {
                labels.push_back(one.label);
            }
        }
    }
    if (labels.empty()) {
        return;
    }
    if (print) {
        std::printf(
            "\n== P0089R1: time over std::allocator's, geometric mean over DS1 to DS12\n\n%s",
            padded("", 44).c_str());
        for (const char* column : {"2^4", "2^8", "2^12", "all"}) {
            std::printf("%8s", column);
        }
        std::printf("\n");
    }
    for (const std::string& label : labels) {
        std::string line = padded(label, 44);
        for (const std::string size : {"2^4/", "2^8/", "2^12/", ""}) {
            double sum = 0;
            int count = 0;
            for (const measured& in : into.timed) {
                const row* const one = in.find(label);
                const row* const base = in.find("std::allocator");
                if (in.of->id.starts_with("p0089/" + size) && one != nullptr && base != nullptr) {
                    sum += std::log(ratio(*one, *base).median);
                    ++count;
                }
            }
            const double mean = std::exp(sum / count);
            line += padded(count == 0 ? "-" : three_digits(mean), 8, true);
            if (count != 0) {
                into.numbers["p0089/" + (size.empty() ? "" : size) + label] = mean;
            }
        }
        if (print) {
            std::printf("%s\n", line.c_str());
        }
    }
}

}  // namespace bench
