// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_EXPORT_BOUNDED_CURVE_HPP
#define STRATA_TOOL_EXPORT_BOUNDED_CURVE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace strata::tool::exporting {

/// How many bytes are live at a moment.
struct moment {
    std::uint64_t at = 0;  ///< never less than of the moment before
    std::uint64_t bytes = 0;

    friend bool operator==(const moment&, const moment&) = default;
};

/// A curve of any length with a bounded number of moments: of each stretch of time the moment when
/// the most was live, and the last one. All stretches are equally long, twice as long as before
/// whenever there are too many of them. So the peak of the whole is always there.
class bounded_curve {
public:
    explicit bounded_curve(std::size_t most_stretches)
        : most_{std::max<std::size_t>(most_stretches, 2)} {}

    void add(const moment& next) {
        append({next, next});
        while (stretches_.size() > most_) {
            length_ *= 2;
            std::vector<stretch> all;
            all.swap(stretches_);
            std::ranges::for_each(all, [this](const stretch& each) { append(each); });
        }
    }

    [[nodiscard]] std::vector<moment> moments() const {
        std::vector<moment> all;
        for (const stretch& each : stretches_) {
            all.push_back(each.most);
            if (each.last != each.most) {
                all.push_back(each.last);
            }
        }
        return all;
    }

private:
    struct stretch {
        moment most;
        moment last;
    };

    void append(const stretch& next) {
        if (stretches_.empty() || stretches_.back().last.at / length_ != next.last.at / length_) {
            stretches_.push_back(next);
            return;
        }
        stretch& open = stretches_.back();
        open.most = next.most.bytes > open.most.bytes ? next.most : open.most;
        open.last = next.last;
    }

    std::size_t most_;
    std::uint64_t length_ = 1;
    std::vector<stretch> stretches_;
};

}  // namespace strata::tool::exporting

#endif
