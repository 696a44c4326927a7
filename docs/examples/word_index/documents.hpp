// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef WORD_INDEX_DOCUMENTS_HPP
#define WORD_INDEX_DOCUMENTS_HPP

#include <stdexcept>
#include <string>
#include <vector>

namespace example {

/// A text file that was read whole.
struct document {
    std::string name;  // without its folder
    std::string text;
};

/// What is wrong with the input: one or more lines, a line for each file or option that is.
struct input_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The regular files of the folder that is read if no file is named. Symbolic links are left out:
/// there, they are second names of files in the same folder. Throws `input_error`.
std::vector<std::string> default_paths();

/// Reads the files. Throws `input_error` that names every one that is no readable text.
std::vector<document> read_documents(const std::vector<std::string>& paths);

}  // namespace example

#endif
