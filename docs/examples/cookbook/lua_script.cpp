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

// Called by Lua, which leaves it at an error: so it has nothing to destroy.
int run_protected(lua_State* lua) {
    const auto* const script = static_cast<const char*>(lua_touserdata(lua, 1));
    luaL_openlibs(lua);
    if (luaL_loadstring(lua, script) != LUA_OK) {
        return lua_error(lua);
    }
    lua_call(lua, 0, 1);
    luaL_tolstring(lua, -1, nullptr);  // takes memory too, for all but texts
    return 1;
}

void run(const char* name, std::size_t limit, const char* script) {
    strata::stack memory{strata::limit{.bytes = limit, .name = name}, strata::pool{}};
    const std::unique_ptr<lua_State, decltype(&lua_close)> lua{
        lua_newstate(serve_lua, static_cast<std::pmr::memory_resource*>(&memory)), &lua_close};
    if (lua == nullptr) {
        std::cout << name << " failed: no memory for Lua itself\n";
        return;
    }
    lua_pushcfunction(lua.get(), run_protected);
    lua_pushlightuserdata(lua.get(), const_cast<char*>(script));
    const bool failed = lua_pcall(lua.get(), 1, 1, 0) != LUA_OK;
    const bool is_text = lua_type(lua.get(), -1) == LUA_TSTRING;  // an error may be any value
    std::cout << name << (failed ? " failed: " : ": ")
              << (is_text ? lua_tostring(lua.get(), -1) : "an error without a text") << "\n";
}

int main() {
    run("tiny", 1_KiB, "return 'never run'");
    run("small", 8_KiB, "return 'never run'");
    run("greedy", 256_KiB, R"(
        local text = "x"
        while true do text = text .. text end
    )");
    run("primes", 256_KiB, R"(
        local found = {}
        for n = 2, 1000 do
            local is_prime = true
            for _, p in ipairs(found) do is_prime = is_prime and n % p ~= 0 end
            if is_prime then found[#found + 1] = n end
        end
        return #found .. " primes below 1000"
    )");
}
