// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DETAIL_LIFETIME_BOUND_HPP
#define STRATA_DETAIL_LIFETIME_BOUND_HPP

/// Marks a parameter to which the new object or the result refers, or a member function whose
/// result refers into its object. clang warns if the referent ends first.
#ifdef __has_cpp_attribute
#if __has_cpp_attribute(clang::lifetimebound)
#define STRATA_LIFETIME_BOUND [[clang::lifetimebound]]
#endif
#endif
#ifndef STRATA_LIFETIME_BOUND
#define STRATA_LIFETIME_BOUND
#endif

#endif
