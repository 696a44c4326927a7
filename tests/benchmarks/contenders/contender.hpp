// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_BENCHMARKS_CONTENDERS_CONTENDER_HPP
#define STRATA_BENCHMARKS_CONTENDERS_CONTENDER_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

using memory = std::pmr::memory_resource;

/// What a contender is, which says how a workload frees its blocks.
enum class shape {
    heap,    ///< the process's: blocks must be freed one by one
    pool,    ///< an object of its own; blocks are freed one by one
    arena,   ///< freeing does nothing, `reset` frees all
    minimal  ///< no allocator: what the interface itself costs
};

/// One resource made for one sample.
class instance {
public:
    virtual ~instance() = default;
    [[nodiscard]] virtual memory* get() noexcept = 0;
    /// Arenas: gives up all blocks, in the way that the contender's name says.
    virtual void reset() {}
    /// Gives back what can be given back, for the measurements of memory.
    virtual void trim() {}

    // Each sample's resource stands somewhere else in its page. Where it stands may cost it a few
    // times what it does there; the median over the rounds is over such places, too.
    static void* operator new(std::size_t bytes);
    static void operator delete(void* block);
};

/// Something that takes part. Its resource is called through `std::pmr::memory_resource`, so that
/// every one pays one virtual call and nothing but its own work behind it.
struct contender {
    std::string id;       // "std.pool"
    std::string label;    // as the tables print it
    std::string library;  // "libstdc++"
    shape kind = shape::pool;
    bool threads = false;  // several threads may use it at once
    std::size_t most_alignment = SIZE_MAX;
    std::size_t largest_block = SIZE_MAX;  // what it can be asked for at all
    bool has_upstream = false;             // draws from the resource that `make` is given
    /// With null the upstream is what the library takes by default, which is operator new.
    std::function<std::unique_ptr<instance>(memory* upstream)> make;
};

/// What a run knows of a library that may take part: its version, or why it is not there.
struct library {
    std::string name;
    std::string version;
    bool present = true;
};

/// All that take part, in the order of the tables.
class field {
public:
    void add(contender one) { contenders_.push_back(std::move(one)); }
    void note(library one) { libraries_.push_back(std::move(one)); }

    [[nodiscard]] const std::vector<contender>& contenders() const { return contenders_; }
    [[nodiscard]] const std::vector<library>& libraries() const { return libraries_; }
    [[nodiscard]] const contender* find(std::string_view id) const;

private:
    std::vector<contender> contenders_;
    std::vector<library> libraries_;
};

/// An instance that holds a resource. `Reset` and `Trim` are what `reset` and `trim` do to it.
template <class Resource>
class holds final : public instance {
public:
    using action = void (*)(Resource&);

    template <class... Arguments>
    explicit holds(action reset, action trim, Arguments&&... arguments)
        : resource_(std::forward<Arguments>(arguments)...),
          reset_{reset},
          trim_{trim} {}

    memory* get() noexcept override { return &resource_; }
    void reset() override {
        if (reset_ != nullptr) {
            reset_(resource_);
        }
    }
    void trim() override {
        if (trim_ != nullptr) {
            trim_(resource_);
        }
    }

private:
    Resource resource_;
    action reset_;
    action trim_;
};

/// The upstream to use: the default of all libraries here is operator new.
[[nodiscard]] inline memory* or_default(memory* upstream) {
    return upstream != nullptr ? upstream : std::pmr::new_delete_resource();
}

/// What reads only its address cannot be devirtualised or removed.
template <class T>
[[nodiscard]] T* hidden(T* pointer) {
    asm volatile("" : "+r"(pointer));
    return pointer;
}

void add_minimal(field& all);
void add_strata(field& all);
void add_standard(field& all);
void add_boost(field& all);
void add_heaps(field& all);
#ifdef BENCH_FOONATHAN
void add_foonathan(field& all);
#endif

/// Everything that was found when this was configured, and is there now.
[[nodiscard]] const field& the_field();

/// Starts the program again with what the libraries that are opened at run time need, if that was
/// not set. Does not return if it did.
void restart_with_room_for_libraries(char** arguments);
/// Which library `malloc` and `operator new` come from: if it is not libc, the glibc rows lie.
[[nodiscard]] std::string where_malloc_comes_from();

}  // namespace bench

#endif
