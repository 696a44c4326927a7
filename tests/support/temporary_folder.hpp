// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_TEMPORARY_FOLDER_HPP
#define STRATA_TESTS_SUPPORT_TEMPORARY_FOLDER_HPP

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tests {

/// A folder for the files of a test, which are removed at its end.
class temporary_folder {
public:
    temporary_folder()
        : path_{(std::filesystem::temp_directory_path() / "strata.XXXXXX").string()} {
        if (mkdtemp(path_.data()) == nullptr) {
            throw std::runtime_error{"no temporary folder"};
        }
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string file(std::string_view name) const {
        return path_ + "/" + std::string{name};
    }

    void write(std::string_view name, std::string_view text) const {
        std::ofstream{file(name), std::ios::binary} << text;
    }
    [[nodiscard]] std::string read(std::string_view name) const {
        std::ifstream from{file(name), std::ios::binary};
        return {std::istreambuf_iterator<char>{from}, {}};
    }
    [[nodiscard]] std::size_t count_files() const {
        const std::filesystem::directory_iterator all{path_};
        return static_cast<std::size_t>(std::distance(begin(all), end(all)));
    }

private:
    std::string path_;
};

}  // namespace tests

#endif
