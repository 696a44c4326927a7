// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/report/timeline.hpp"

#include <algorithm>

#include "tool/trace/histogram.hpp"

namespace strata::tool::report {

void timeline::add(const trace::live_change& next) {
    advance_to(next.microseconds);
    change(of(dimension::size_class), trace::histogram::bucket_of(next.size), next);
    change(of(dimension::resource), next.resource, next);
    change(of(dimension::thread), next.thread, next);
    change(of(dimension::phase), next.phase, next);
    if (next.is_freed) {
        live_ -= next.bytes;
        return;
    }
    live_ += next.bytes;
    if (live_ > most_) {
        most_ = live_;
        ++moment_;
    }
}

void timeline::finish(std::uint64_t microseconds) {
    advance_to(microseconds);
    if (whole_.size() == most_points) {
        halve();
    }
    close_point();
}

void timeline::advance_to(std::uint64_t microseconds) {
    while (whole_.size() < microseconds / width_) {
        if (whole_.size() == most_points) {
            halve();
        } else {
            close_point();
        }
    }
}

// What was live at a moment is noted only before it changes: most moments are followed by a larger
// one before that.
void timeline::change(division& of, std::uint64_t key, const trace::live_change& by) {
    const std::uint32_t* place = of.places.find(key);
    if (place == nullptr) {
        const bool is_full = of.tracks.size() >= most_series;
        if (!is_full || of.tracks.back().key != later_keys) {
            of.tracks.push_back({.key = is_full ? later_keys : key,
                                 .live = 0,
                                 .at_most = 0,
                                 .moment = moment_,
                                 .points = std::vector<std::uint64_t>(whole_.size())});
        }
        of.places.put(key, static_cast<std::uint32_t>(of.tracks.size() - 1));
        place = of.places.find(key);
    }
    track& in = of.tracks[*place];
    if (in.moment != moment_) {
        in.moment = moment_;
        in.at_most = in.live;
    }
    in.live += by.is_freed ? 0 - by.bytes : by.bytes;
}

void timeline::close_point() {
    whole_.push_back(most_);
    for (division& each : divisions_) {
        for (track& in : each.tracks) {
            in.points.push_back(in.moment == moment_ ? in.at_most : in.live);
        }
    }
    most_ = live_;
    ++moment_;
}

void timeline::halve() {
    const std::size_t half = whole_.size() / 2;
    const auto keep = [&](std::vector<std::uint64_t>& of, const std::vector<std::uint64_t>& by) {
        for (std::size_t i = 0; i != half; ++i) {
            of[i] = of[by[2 * i + 1] > by[2 * i] ? 2 * i + 1 : 2 * i];
        }
        of.resize(half);
    };
    const std::vector<std::uint64_t> before = whole_;
    keep(whole_, before);
    for (division& each : divisions_) {
        for (track& in : each.tracks) {
            keep(in.points, before);
        }
    }
    width_ *= 2;
}

std::vector<timeline::series> timeline::by(dimension of) const {
    std::vector<series> all;
    for (const track& each : divisions_[static_cast<std::size_t>(of)].tracks) {
        all.push_back({each.key, each.points});
    }
    return all;
}

}  // namespace strata::tool::report
