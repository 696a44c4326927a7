#include <algorithm>
#include <charconv>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <boost/asio.hpp>  // after <utility>, which 1.74 forgets
#include <strata/strata.hpp>

using namespace strata::literals;
namespace asio = boost::asio;
using asio::ip::tcp;

// Answers lines of numbers with the numbers in order. When no operation holds it, as after a line
// that is too long or no list of numbers, the connection closes.
class session : public std::enable_shared_from_this<session> {
public:
    session(tcp::socket socket, strata::arena_resource& memory)
        : socket_{std::move(socket)},
          memory_{memory} {}

    void read() {
        asio::async_read_until(socket_, asio::dynamic_buffer(input_, 4096), '\n',
                               [self = shared_from_this()](auto error, std::size_t length) {
                                   if (!error) {
                                       self->answer(length);
                                   }
                               });
    }

private:
    void answer(std::size_t length) {
        const strata::arena_scope request{memory_};
        std::pmr::vector<int> numbers{&memory_};
        const char* const end = input_.data() + length;
        for (const char* next = input_.data(); next != end; ++next) {
            const auto [after, error] = std::from_chars(next, end, numbers.emplace_back());
            if (error != std::errc{} || (*after != ' ' && *after != '\n')) {
                return;
            }
            next = after;
        }
        std::ranges::sort(numbers);
        output_.clear();  // a member: it is sent after the request's scope has ended
        for (const int number : numbers) {
            output_ += std::to_string(number) + ' ';
        }
        output_.back() = '\n';
        input_.erase(0, length);
        asio::async_write(socket_, asio::buffer(output_),
                          [self = shared_from_this()](auto error, std::size_t) {
                              if (!error) {
                                  self->read();
                              }
                          });
    }

    tcp::socket socket_;
    strata::arena_resource& memory_;
    std::string input_;
    std::string output_;
};

std::string ask(tcp::socket& server, const std::string& line) {
    std::string answer;
    asio::write(server, asio::buffer(line));
    asio::read_until(server, asio::dynamic_buffer(answer), '\n');
    return answer;
}

void be_two_clients(const tcp::endpoint& server) {
    asio::io_context loop;
    tcp::socket one{loop}, other{loop};
    one.connect(server);
    other.connect(server);
    for (int request = 0; request != 100; ++request) {
        ask(one, "31 4 15 " + std::to_string(request) + '\n');
        ask(other, std::to_string(request) + " 92 6 53\n");
    }
    std::cout << "the last answer: " << ask(one, "27 18 28\n");
}

int main() {
    std::future<void> clients;  // waits at its end: after the sockets that the clients wait for
    asio::io_context loop;
    tcp::acceptor acceptor{loop, {asio::ip::address_v4::loopback(), 0}};
    strata::stack memory{strata::arena{.first_chunk = 16_KiB, .name = "request"}, strata::stats{}};
    clients = std::async(std::launch::async, be_two_clients, acceptor.local_endpoint());
    for (int client = 0; client != 2; ++client) {
        std::make_shared<session>(acceptor.accept(), memory.get<strata::arena>())->read();
    }
    loop.run();  // until both clients have gone
    clients.get();
    std::cout << strata::describe(memory);
}
