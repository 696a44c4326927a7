// expect: does not pass its memory resource on
#include <strata/containers/deeply_pmr.hpp>

#include <string>
#include <vector>

int main()
{
#ifdef STRATA_CONTROL
    strata::assert_deeply_pmr<std::pmr::vector<std::pmr::string>>();
#else
    strata::assert_deeply_pmr<std::pmr::vector<std::string>>();
#endif
}
