#include "tests/support/socks-server/socks_server.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace sotto::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// Far more than anything here takes.
constexpr auto kPatience = std::chrono::seconds(20);

using Message = std::vector<std::uint8_t>;

std::string text_of(const Message& message) {
  return {message.begin(), message.end()};
}

template <class Address>
std::string address_text(const Message& message) {
  typename Address::bytes_type bytes{};
  std::copy(message.begin(), message.end(), bytes.begin());
  return Address(bytes).to_string();
}

// One way of a connection that was made: from one socket to the other until either ends.
struct Pipe : std::enable_shared_from_this<Pipe> {
  Pipe(std::shared_ptr<tcp::socket> source, std::shared_ptr<tcp::socket> sink)
      : from(std::move(source)), to(std::move(sink)) {}

  void run() {
    from->async_read_some(asio::buffer(data), [self = shared_from_this()](const error_code& error, std::size_t size) {
      if (error) return self->end();
      asio::async_write(*self->to, asio::buffer(self->data, size),
                        [self](const error_code& failure, std::size_t /*size*/) {
                          if (failure) return self->end();
                          self->run();
                        });
    });
  }
  void end() const {
    error_code ignored;
    from->close(ignored);
    to->close(ignored);
  }

  std::shared_ptr<tcp::socket> from;
  std::shared_ptr<tcp::socket> to;
  std::array<char, 4096> data{};
};

}  // namespace

struct SocksServer::Parts {
  struct Client : std::enable_shared_from_this<Client> {
    using Then = std::function<void(const Message&)>;

    Client(Parts& server, tcp::socket accepted)
        : parts(server), socket(std::make_shared<tcp::socket>(std::move(accepted))) {}

    [[nodiscard]] bool behaves(SocksBehaviour behaviour) const { return parts.options.behaviour == behaviour; }

    // Reads so many bytes, then goes on with them.
    void read(std::size_t size, Then then) {
      input.resize(size);
      asio::async_read(*socket, asio::buffer(input),
                       [self = shared_from_this(), then = std::move(then)](const error_code& error, std::size_t) {
                         if (!error) then(Message(self->input));
                       });
    }
    // A length of one byte, then so many.
    void read_short(Then then) {
      read(1, [this, then = std::move(then)](const Message& length) { read(length[0], then); });
    }
    void write(Message message, std::function<void()> then) {
      output = std::move(message);
      asio::async_write(*socket, asio::buffer(output),
                        [self = shared_from_this(), then = std::move(then)](const error_code& error, std::size_t) {
                          if (!error) then();
                        });
    }
    // Sends it and hangs up.
    void last(Message message) {
      write(std::move(message), [this] { close(); });
    }
    void close() const {
      error_code ignored;
      socket->shutdown(tcp::socket::shutdown_both, ignored);
      socket->close(ignored);
    }
    void hang() {
      parts.change([&] { ++parts.hanging; });
      // Ends when the client goes.
      input.resize(1);
      socket->async_read_some(asio::buffer(input), [self = shared_from_this()](const error_code&, std::size_t) {
        self->parts.change([&] { --self->parts.hanging; });
      });
    }

    void start() {
      read(1, [this](const Message&) { read_short([this](const Message& methods) { greeted(methods); }); });
    }
    void greeted(const Message& methods) {
      if (behaves(SocksBehaviour::hang_at_greeting)) return hang();
      if (behaves(SocksBehaviour::garbage_greeting)) return last({'H', 'T', 'T', 'P'});
      if (behaves(SocksBehaviour::no_method)) return last({5, 0xff});
      if (behaves(SocksBehaviour::unknown_method)) return last({5, 1});
      const bool offered = std::find(methods.begin(), methods.end(), 2) != methods.end();
      if (!parts.options.authenticates || !offered) return write({5, 0}, [this] { read_request(); });
      write({5, 2}, [this] { read_credentials(); });
    }
    void read_credentials() {
      read(1, [this](const Message&) {
        read_short([this](const Message& name) {
          request.username = text_of(name);
          read_short([this](const Message& password) {
            request.password = text_of(password);
            if (behaves(SocksBehaviour::hang_at_authentication)) return hang();
            if (behaves(SocksBehaviour::garbage_authentication)) return last({9, 0});
            if (behaves(SocksBehaviour::bad_credentials)) return last({1, 1});
            write({1, 0}, [this] { read_request(); });
          });
        });
      });
    }
    void read_request() {
      read(4, [this](const Message& head) {
        switch (head[3]) {
          case 1:
            return read(4,
                        [this](const Message& bytes) { read_port(address_text<asio::ip::address_v4>(bytes), false); });
          case 3:
            return read_short([this](const Message& name) { read_port(text_of(name), true); });
          case 4:
            return read(16,
                        [this](const Message& bytes) { read_port(address_text<asio::ip::address_v6>(bytes), false); });
          default:
            return last({5, 8, 0, 1, 0, 0, 0, 0, 0, 0});
        }
      });
    }
    void read_port(const std::string& host, bool is_name) {
      request.host = host;
      request.is_name = is_name;
      read(2, [this](const Message& bytes) {
        request.port = static_cast<std::uint16_t>((bytes[0] << 8) | bytes[1]);
        asked();
      });
    }
    void asked() {
      std::uint16_t to = 0;
      parts.change([&] {
        parts.requests.push_back(request);
        const auto mapped = parts.ports.find(request.host);
        if (mapped != parts.ports.end()) to = mapped->second;
      });
      if (behaves(SocksBehaviour::hang_at_request)) return hang();
      if (behaves(SocksBehaviour::close_at_request)) return close();
      if (behaves(SocksBehaviour::garbage_reply)) return last({'H', 'T', 'T', 'P', '/', '1', '.', '1'});
      if (behaves(SocksBehaviour::garbage_address)) return last({5, 0, 0, 9, 0, 0, 0, 0, 0, 0});
      if (behaves(SocksBehaviour::half_reply)) return last({5, 0, 0, 1, 127});
      if (parts.options.reply != 0) return refuse(parts.options.reply);
      if (to == 0) return refuse(4);
      target = std::make_shared<tcp::socket>(parts.io);
      target->async_connect({asio::ip::address_v4::loopback(), to},
                            [self = shared_from_this()](const error_code& error) {
                              if (error) return self->refuse(5);
                              self->agree();
                            });
    }
    void refuse(std::uint8_t code) { last({5, code, 0, 1, 0, 0, 0, 0, 0, 0}); }
    void agree() {
      Message reply{5, 0, 0, 1, 127, 0, 0, 1, 0, 1};
      if (behaves(SocksBehaviour::name_reply)) reply = {5, 0, 0, 3, 5, 'p', 'r', 'o', 'x', 'y', 0, 1};
      write(std::move(reply), [this] {
        std::make_shared<Pipe>(socket, target)->run();
        std::make_shared<Pipe>(target, socket)->run();
      });
    }

    Parts& parts;
    std::shared_ptr<tcp::socket> socket;
    std::shared_ptr<tcp::socket> target;
    Message input;
    Message output;
    SocksRequest request;
  };

  explicit Parts(Options how) : options(how) {}

  void accept() {
    acceptor.async_accept([this](const error_code& error, tcp::socket socket) {
      if (error) return;
      std::make_shared<Client>(*this, std::move(socket))->start();
      accept();
    });
  }
  template <class Change>
  void change(Change how) {
    {
      const std::lock_guard lock(mutex);
      how();
    }
    changed.notify_all();
  }

  const Options options;
  std::mutex mutex;
  std::condition_variable changed;
  // Guarded by mutex:
  std::map<std::string, std::uint16_t> ports;
  std::vector<SocksRequest> requests;
  std::size_t hanging = 0;

  asio::io_context io{1};
  tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::thread thread;
};

SocksServer::SocksServer() : SocksServer(Options{}) {}

SocksServer::SocksServer(Options options) : parts_(std::make_unique<Parts>(options)) {
  parts_->accept();
  parts_->thread = std::thread([this] { parts_->io.run(); });
}

SocksServer::~SocksServer() {
  parts_->io.stop();
  parts_->thread.join();
}

std::uint16_t SocksServer::port() const {
  return parts_->acceptor.local_endpoint().port();
}

void SocksServer::map(const std::string& host, std::uint16_t port) {
  parts_->change([&] { parts_->ports[host] = port; });
}

std::vector<SocksRequest> SocksServer::requests() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->requests;
}

std::size_t SocksServer::hanging() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->hanging;
}

bool SocksServer::wait_for_hanging(std::size_t count) {
  std::unique_lock lock(parts_->mutex);
  return parts_->changed.wait_for(lock, kPatience, [&] { return parts_->hanging >= count; });
}

bool SocksServer::wait_for_none_hanging() {
  std::unique_lock lock(parts_->mutex);
  return parts_->changed.wait_for(lock, kPatience, [&] { return parts_->hanging == 0; });
}

}  // namespace sotto::test
