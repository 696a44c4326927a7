// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_BYTES_STREAM_HPP
#define STRATA_TESTS_SUPPORT_BYTES_STREAM_HPP

#include <istream>
#include <streambuf>
#include <string_view>

namespace tests {

/// Bytes that live elsewhere, without a copy.
class bytes_buffer : public std::streambuf {
public:
    bytes_buffer(std::string_view bytes, bool may_seek) : may_seek_{may_seek} {
        char* const begin = const_cast<char*>(bytes.data());  // it only reads
        setg(begin, begin, begin + bytes.size());
    }

private:
    pos_type seekoff(off_type by, std::ios_base::seekdir from, std::ios_base::openmode) override {
        const off_type base = from == std::ios_base::beg   ? 0
                              : from == std::ios_base::end ? egptr() - eback()
                                                           : gptr() - eback();
        if (!may_seek_ || base + by < 0 || base + by > egptr() - eback()) {
            return {off_type(-1)};
        }
        setg(eback(), eback() + base + by, egptr());
        return {base + by};
    }
    pos_type seekpos(pos_type to, std::ios_base::openmode which) override {
        return seekoff(off_type(to), std::ios_base::beg, which);
    }

    bool may_seek_;
};

/// A file, or a pipe, of such bytes.
class bytes_stream : public std::istream {
public:
    explicit bytes_stream(std::string_view bytes, bool may_seek = true)
        : std::istream{nullptr}, buffer_{bytes, may_seek} {
        rdbuf(&buffer_);
    }

private:
    bytes_buffer buffer_;
};

}  // namespace tests

#endif
