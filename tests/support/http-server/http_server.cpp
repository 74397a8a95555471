#include "tests/support/http-server/http_server.hpp"

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

namespace sotto::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// Far more than anything here takes.
constexpr auto kPatience = std::chrono::seconds(20);

}  // namespace

HttpReply HttpReply::with(unsigned status, const std::string& body) {
  return raw("HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Type: application/json\r\nContent-Length: " +
             std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body);
}

struct HttpServer::Parts {
  struct Client : std::enable_shared_from_this<Client> {
    Client(Parts& server, tcp::socket accepted) : parts(server), socket(std::move(accepted)) {
      if (parts.tls) stream.emplace(socket, *parts.tls);
    }

    void start() {
      if (!stream) return read();
      stream->async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](const error_code& error) {
        if (!error) self->read();
      });
    }
    template <class Use>
    void with_stream(Use use) {
      if (stream) return use(*stream);
      use(socket);
    }
    void read() {
      with_stream([this](auto& s) {
        asio::async_read_until(s, input, "\r\n\r\n",
                               [self = shared_from_this()](const error_code& error, std::size_t size) {
                                 if (!error) self->asked(size);
                               });
      });
    }
    void asked(std::size_t size) {
      const auto data = input.data();
      const std::string request(asio::buffers_begin(data),
                                asio::buffers_begin(data) + static_cast<std::ptrdiff_t>(size));
      const auto from = request.find(' ') + 1;
      const auto target = request.substr(from, request.find(' ', from) - from);
      {
        const std::lock_guard lock(parts.mutex);
        parts.requests.push_back(request);
      }
      const auto reply = parts.handler(target);
      if (reply.kind == HttpReply::Kind::bytes) return answer(reply.bytes);
      hang();
    }
    void hang() {
      parts.change([this] { parts.hanging.push_back(shared_from_this()); });
      // Ends when the client goes.
      with_stream([this](auto& s) {
        s.async_read_some(asio::buffer(&byte, 1),
                          [self = shared_from_this()](const error_code& /*error*/, std::size_t /*size*/) {
                            self->parts.change([&] { self->parts.hanging.remove(self); });
                          });
      });
    }
    void answer(const std::string& bytes) {
      output = bytes;
      with_stream([this](auto& s) {
        asio::async_write(s, asio::buffer(output), [self = shared_from_this()](const error_code&, std::size_t) {
          error_code ignored;
          self->socket.shutdown(tcp::socket::shutdown_both, ignored);
          self->socket.close(ignored);
        });
      });
    }

    Parts& parts;
    tcp::socket socket;
    std::optional<asio::ssl::stream<tcp::socket&>> stream;
    asio::streambuf input;
    std::string output;
    char byte = 0;
  };

  explicit Parts(Handler what) : handler(std::move(what)) {}

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

  Handler handler;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> requests;           // guarded by mutex
  std::list<std::shared_ptr<Client>> hanging;  // guarded by mutex
  std::optional<asio::ssl::context> tls;
  asio::io_context io{1};
  tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::thread thread;
};

HttpServer::HttpServer(Handler handler, const std::optional<Tls>& tls)
    : parts_(std::make_unique<Parts>(std::move(handler))) {
  if (tls) {
    auto& context = parts_->tls.emplace(asio::ssl::context::tls_server);
    context.use_certificate_chain_file(tls->certificate.string());
    context.use_private_key_file(tls->key.string(), asio::ssl::context::pem);
  }
  parts_->accept();
  parts_->thread = std::thread([this] { parts_->io.run(); });
}

HttpServer::~HttpServer() {
  parts_->io.stop();
  parts_->thread.join();
  parts_->hanging.clear();
}

std::uint16_t HttpServer::port() const {
  return parts_->acceptor.local_endpoint().port();
}

std::string HttpServer::url() const {
  return (parts_->tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port());
}

std::vector<std::string> HttpServer::requests() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->requests;
}

bool HttpServer::wait_for_hanging(std::size_t count) {
  std::unique_lock lock(parts_->mutex);
  return parts_->changed.wait_for(lock, kPatience, [&] { return parts_->hanging.size() >= count; });
}

bool HttpServer::wait_for_none_hanging() {
  std::unique_lock lock(parts_->mutex);
  return parts_->changed.wait_for(lock, kPatience, [&] { return parts_->hanging.empty(); });
}

void HttpServer::release(const HttpReply& reply) {
  std::list<std::shared_ptr<Parts::Client>> waiting;
  parts_->change([&] { waiting.swap(parts_->hanging); });
  asio::post(parts_->io, [waiting = std::move(waiting), reply] {
    for (const auto& client : waiting) client->answer(reply.bytes);
  });
}

}  // namespace sotto::test
