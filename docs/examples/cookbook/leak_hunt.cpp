#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include <strata/strata.hpp>

struct widget {
    widget(std::string_view with, std::pmr::memory_resource& memory)
        : title{with, &memory},
          children{&memory} {}

    std::pmr::string title;
    std::shared_ptr<widget> parent;  // should be a weak_ptr
    std::pmr::vector<std::shared_ptr<widget>> children;
};

std::shared_ptr<widget> make_widget(std::string_view title, std::pmr::memory_resource& memory) {
    const std::pmr::polymorphic_allocator<widget> allocator{&memory};
    return std::allocate_shared<widget>(allocator, title, memory);
}

void add_button(const std::shared_ptr<widget>& to, std::pmr::memory_resource& memory) {
    to->children.push_back(make_widget("OK", memory));
    to->children.back()->parent = to;
}

void show_message(std::pmr::memory_resource& memory) {
    const std::shared_ptr<widget> window = make_widget("Message", memory);
    add_button(window, memory);
}

int main() {
    constexpr auto report = strata::on_finding::report;
    strata::stack windows{strata::debug{.name = "windows", .stack_depth = 2, .on_finding = report},
                          strata::pool{}};
    strata::stack documents{
        strata::debug{.name = "documents", .stack_depth = 2, .on_finding = report}, strata::pool{}};

    std::pmr::vector<std::pmr::string> pages(100, &documents);
    show_message(windows);
}
