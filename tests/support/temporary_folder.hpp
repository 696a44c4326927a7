// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_TEMPORARY_FOLDER_HPP
#define STRATA_TESTS_SUPPORT_TEMPORARY_FOLDER_HPP

#include <cstdlib>
#include <filesystem>
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

private:
    std::string path_;
};

}  // namespace tests

#endif
