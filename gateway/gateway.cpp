#include "gateway/gateway.hpp"

#include <algorithm>
#include <thread>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/worker.hpp"
#include "libs/crypto/random.hpp"

namespace sotto::gateway {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Connections that the kernel holds for us between two accepts.
constexpr int kBacklog = 1024;

// Out of file descriptors (or memory): accepting again at once would spin.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

// The id of a connection has room for the number of its worker in its low byte.
constexpr unsigned kMaxWorkers = 256;

bool family_missing(const boost::system::error_code& error) {
  return error == asio::error::address_family_not_supported || error == boost::system::errc::address_not_available ||
         error == boost::system::errc::protocol_not_supported;
}

std::string describe(const tcp::endpoint& endpoint) {
  const auto address =
      endpoint.address().is_v6() ? "[" + endpoint.address().to_string() + "]" : endpoint.address().to_string();
  return address + ":" + std::to_string(endpoint.port());
}

std::string remedy(const boost::system::error_code& error) {
  if (error == asio::error::access_denied) return "ports below 1024 need CAP_NET_BIND_SERVICE or a port mapping";
  if (error == asio::error::address_in_use) return "another process listens there: stop it or choose another port";
  return "check the address and the port";
}

}  // namespace

class Gateway::Listener : public std::enable_shared_from_this<Gateway::Listener> {
 public:
  Listener(Gateway& gateway, asio::io_context& io) : gateway_(gateway), acceptor_(io), pause_(io) {}

  boost::system::error_code open(const tcp::endpoint& endpoint) {
    boost::system::error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && endpoint.address().is_v6()) acceptor_.set_option(asio::ip::v6_only(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(kBacklog, error);
    return error;
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  void accept() {
    auto& worker = gateway_.next_worker();
    acceptor_.async_accept(worker.io(),
                           [self = shared_from_this(), &worker](boost::system::error_code error, tcp::socket socket) {
                             if (!self->acceptor_.is_open()) return;
                             if (error) return self->wait();
                             // One worker's sockets never meet another's thread.
                             auto moved = std::make_shared<tcp::socket>(std::move(socket));
                             worker.post([&worker, moved] { worker.add(std::move(*moved)); });
                             self->accept();
                           });
  }

  void close() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

 private:
  void wait() {
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error && self->acceptor_.is_open()) self->accept();
    });
  }

  Gateway& gateway_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
};

Gateway::Gateway(std::unique_ptr<GatewayContext> context, ServedIdentityPtr identity)
    : context_(std::move(context)), identity_(std::move(identity)) {}

Gateway::~Gateway() {
  stop();
}

std::unique_ptr<Gateway> Gateway::create(GatewaySettings settings, ServedIdentityPtr identity,
                                         backend::QueueBackend& queues, backend::AccessPolicy& access,
                                         const Clock& clock, NameResolver* names, Relays* relays, Web* web) {
  auto context = std::unique_ptr<GatewayContext>(new GatewayContext{
      std::move(settings), identity->identity.fingerprint, queues, access, names, web, relays, clock, {}, {}});
  crypto::random_bytes(context->source_key.expose_mutable());
  return std::unique_ptr<Gateway>(new Gateway(std::move(context), std::move(identity)));
}

Worker& Gateway::next_worker() {
  return *workers_[next_worker_++ % workers_.size()];
}

Result<Gateway::Started> Gateway::start() {
  const auto& settings = context_->settings;
  const auto cores = std::max(1U, std::thread::hardware_concurrency());
  const auto threads = std::min(settings.io_threads == 0 ? cores : settings.io_threads, kMaxWorkers);
  for (unsigned i = 0; i < threads; ++i) {
    workers_.push_back(std::make_unique<Worker>(*context_, identity_, static_cast<std::uint8_t>(i)));
  }
  identity_.reset();  // each worker has it, and lets it go when there is a newer one

  Started started;
  for (const auto& listen : settings.listen) {
    std::vector<asio::ip::address> addresses;
    if (listen.address.empty()) {
      addresses = {asio::ip::address_v6::any(), asio::ip::address_v4::any()};
    } else {
      boost::system::error_code error;
      addresses.push_back(asio::ip::make_address(listen.address, error));
      if (error) return Error{ErrorCode::configuration, "listen address " + listen.address + ": not an IP address"};
    }
    auto port = listen.port;
    bool bound = false;
    Error failure{ErrorCode::configuration, "no address family of this machine can be listened on"};
    for (const auto& address : addresses) {
      const tcp::endpoint endpoint(address, port);
      auto listener = std::make_shared<Listener>(*this, workers_.front()->io());
      if (const auto error = listener->open(endpoint)) {
        failure.message =
            "cannot listen on " + describe(endpoint) + ": " + error.message() + " (" + remedy(error) + ")";
        if (family_missing(error) && addresses.size() > 1) {
          started.warnings.push_back(failure.message);
          continue;
        }
        break;
      }
      // With port 0 both families get the port that the first one was given.
      port = listener->port();
      bound = true;
      listeners_.push_back(std::move(listener));
    }
    if (!bound) {
      if (listen.required) return failure;
      started.warnings.push_back(failure.message);
      continue;
    }
    started.ports.push_back(port);
  }
  if (listeners_.empty()) return Error{ErrorCode::configuration, "no port to listen on"};

  for (const auto& listener : listeners_) {
    asio::post(workers_.front()->io(), [listener] { listener->accept(); });
  }
  for (const auto& worker : workers_) worker->start();
  return started;
}

void Gateway::stop() {
  if (stopped_) return;
  stopped_ = true;
  if (workers_.empty()) return;
  workers_.front()->post([listeners = listeners_] {
    for (const auto& listener : listeners) listener->close();
  });
  const auto& settings = context_->settings;
  const auto deadline = std::chrono::steady_clock::now() + settings.close_time + settings.drain_timeout;
  for (const auto& worker : workers_) {
    worker->post([&worker, over = settings.close_time] { worker->drain(over); });
  }
  for (const auto& worker : workers_) worker->stop(deadline);
  listeners_.clear();
}

void Gateway::deliver(backend::SessionRef session, backend::Event event) {
  const auto index = static_cast<std::size_t>(session.connection & 0xFFU);
  if (index >= workers_.size()) return;
  auto& worker = *workers_[index];
  worker.post([&worker, connection = session.connection, event = std::move(event)]() mutable {
    worker.deliver(connection, std::move(event));
  });
}

void Gateway::use_identity(const ServedIdentityPtr& identity) {
  for (const auto& worker : workers_) worker->post([&worker, identity] { worker->use_identity(identity); });
}

void Gateway::hold() {
  Worker::hold_wakes(context_.get());
}

void Gateway::release() {
  Worker::hold_wakes(nullptr);
  for (const auto& worker : workers_) worker->wake();
}

void Gateway::resume(std::function<bool(backend::SessionRef)> concerned) {
  for (const auto& worker : workers_) worker->post([&worker, concerned] { worker->resume(concerned); });
}

}  // namespace sotto::gateway
