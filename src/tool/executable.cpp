// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/executable.hpp"

#include <elf.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include "tool/failure.hpp"

namespace strata::tool {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored) && !fs::is_directory(path, ignored);
}

void require_runnable(const fs::path& path) {
    if (access(path.c_str(), X_OK) != 0) {
        throw failure{path.string() + ": cannot be run: " + std::strerror(errno),
                      exit_status::cannot_run};
    }
}

[[noreturn]] void cannot_preload(const fs::path& path, const std::string& why) {
    throw failure{path.string() + ": " + why, exit_status::cannot_run};
}

// The loader of a program with more rights than its user ignores what the user wants to preload.
bool gains_rights(const fs::path& path) {
    struct stat of {};
    if (stat(path.c_str(), &of) != 0) {
        return false;
    }
    const bool gains_user = (of.st_mode & S_ISUID) != 0 && of.st_uid != geteuid();
    const bool gains_group = (of.st_mode & S_ISGID) != 0 && of.st_gid != getegid();
    return gains_user || gains_group ||
           getxattr(path.c_str(), "security.capability", nullptr, 0) > 0;
}

std::string interpreter_in(const std::string& first_line) {
    std::istringstream words{first_line.substr(2)};
    std::string interpreter;
    words >> interpreter;
    return interpreter;
}

bool has_loader(std::istream& file, const Elf64_Ehdr& header) {
    for (unsigned i = 0; i != header.e_phnum; ++i) {
        Elf64_Phdr part{};
        file.seekg(static_cast<std::streamoff>(header.e_phoff + i * header.e_phentsize));
        file.read(reinterpret_cast<char*>(&part), sizeof part);
        if (!file) {
            return false;
        }
        if (part.p_type == PT_INTERP) {
            return true;
        }
    }
    return false;
}

// A script may name a script, which names another.
void require_preloadable_up_to(const fs::path& path, int depth) {
    if (gains_rights(path)) {
        cannot_preload(path, "runs with more rights than its user (setuid, setgid or "
                             "capabilities), so the loader preloads nothing into it");
    }
    std::ifstream file{path, std::ios::binary};
    Elf64_Ehdr header{};
    file.read(reinterpret_cast<char*>(&header), sizeof header);
    const auto read = static_cast<std::size_t>(file.gcount());
    const auto* const start = reinterpret_cast<const char*>(&header);
    if (read >= 2 && std::memcmp(start, "#!", 2) == 0 && depth != 0) {
        std::string line;
        file.clear();
        file.seekg(0);
        std::getline(file, line);
        const fs::path interpreter = interpreter_in(line);
        return is_file(interpreter) ? require_preloadable_up_to(interpreter, depth - 1) : void();
    }
    if (read < sizeof header || std::memcmp(start, ELFMAG, SELFMAG) != 0) {
        return;  // the shell may know how to run it
    }
    if (header.e_ident[EI_CLASS] != ELFCLASS64) {
        cannot_preload(path, "is a 32-bit program, and Strata is a 64-bit library");
    }
    file.clear();
    if (!has_loader(file, header)) {
        cannot_preload(path, "is linked statically, so nothing can be preloaded into it; a program "
                             "that you compile can use STRATA_GLOBAL_RESOURCE instead "
                             "(docs/whole-program.md)");
    }
}

}  // namespace

fs::path find_executable(const std::string& name) {
    if (name.find('/') != std::string::npos) {
        if (!is_file(name)) {
            throw failure{name + ": there is no such program", exit_status::not_found};
        }
        require_runnable(name);
        return name;
    }
    const char* const path = std::getenv("PATH");
    std::istringstream folders{path == nullptr ? "/bin:/usr/bin" : path};
    fs::path not_runnable;
    for (std::string folder; std::getline(folders, folder, ':');) {
        const fs::path file = fs::path{folder.empty() ? "." : folder} / name;
        if (is_file(file)) {
            if (access(file.c_str(), X_OK) == 0) {
                return file;
            }
            not_runnable = file;
        }
    }
    if (!not_runnable.empty()) {
        require_runnable(not_runnable);
    }
    throw failure{name + ": there is no such program in PATH", exit_status::not_found};
}

void require_preloadable(const fs::path& program) {
    require_preloadable_up_to(program, 4);
}

fs::path find_companion(const char* name) {
    const fs::path tool = fs::read_symlink("/proc/self/exe").parent_path();
    const std::array places{tool / name, tool / STRATA_PRELOAD_FROM_BINDIR / name};
    for (const fs::path& each : places) {
        if (is_file(each)) {
            return fs::canonical(each);
        }
    }
    throw failure{std::string{name} + ": is neither in " + places[0].parent_path().string() +
                  " nor in " + places[1].parent_path().lexically_normal().string()};
}

}  // namespace strata::tool
