#include <algorithm>
#include <cstring>
#include <iostream>
#include <memory>
#include <memory_resource>

#include <lua.hpp>

#include <strata/strata.hpp>

using namespace strata::literals;

// What Lua calls for all of its memory. A null means that there is none; nothing may be thrown.
void* serve_lua(void* data, void* block, std::size_t old_size, std::size_t size) noexcept {
    auto& memory = *static_cast<std::pmr::memory_resource*>(data);
    if (block == nullptr) {  // then old_size is a kind of object
        return size == 0 ? nullptr : strata::try_allocate(memory, {.size = size});
    }
    if (size != 0 && strata::try_expand(memory, block, {.size = old_size}, size)) {
        return block;
    }
    void* const moved = size == 0 ? nullptr : strata::try_allocate(memory, {.size = size});
    if (moved != nullptr) {
        std::memcpy(moved, block, std::min(old_size, size));
    }
    if (moved != nullptr || size == 0) {
        memory.deallocate(block, old_size);
    }
    return moved;
}

void run(const char* name, const char* script) {
    strata::stack memory{strata::limit{.bytes = 256_KiB, .name = name}, strata::pool{}};
    const std::unique_ptr<lua_State, decltype(&lua_close)> lua{
        lua_newstate(serve_lua, static_cast<std::pmr::memory_resource*>(&memory)), &lua_close};
    luaL_openlibs(lua.get());
    const bool failed = luaL_dostring(lua.get(), script) != LUA_OK;
    std::cout << name << (failed ? " failed: " : ": ") << lua_tostring(lua.get(), -1) << "\n";
}

int main() {
    run("greedy", R"(
        local text = "x"
        while true do text = text .. text end
    )");
    run("primes", R"(
        local found = {}
        for n = 2, 1000 do
            local is_prime = true
            for _, p in ipairs(found) do is_prime = is_prime and n % p ~= 0 end
            if is_prime then found[#found + 1] = n end
        end
        return #found .. " primes below 1000"
    )");
}
