#include <cstddef>
#include <iostream>
#include <string_view>
#include <vector>

#include <strata/interop/global_new.hpp>
#include <strata/strata.hpp>
#include <strata/testing/allocation_budget.hpp>

// Every `new` of the program goes through the library, so that a test can count it.
STRATA_GLOBAL_RESOURCE(strata::concurrent_pool_resource{strata::system_heap()});

// Splits messages into fields; from one message to the next it keeps the memory for them.
class decoder {
public:
    const std::vector<std::string_view>& decode(std::string_view message) {
        fields_.clear();
        for (;;) {
            const std::size_t end = message.find('|');
            fields_.push_back(message.substr(0, end));
            if (end == message.npos) {
                return fields_;
            }
            message.remove_prefix(end + 1);
        }
    }

private:
    std::vector<std::string_view> fields_;
};

int main() {
    decoder orders;
    orders.decode("buy|100|ACME|limit");  // warms up
    std::size_t fields = 0;
    {
        const strata::no_allocations hot_path{strata::through_operator_new};  // else aborts
        for (int i = 0; i != 1000; ++i) {
            fields += orders.decode("sell|250|ACME|limit").size();
        }
    }
    std::cout << fields << " fields without an allocation\n";

    const strata::no_allocations longer{strata::through_operator_new,
                                        {.at_end = strata::on_finding::ignore}};
    orders.decode("buy|50|ACME|limit|today");
    std::cout << (longer.ok() ? "and" : "but not") << " with a fifth field\n";
}
