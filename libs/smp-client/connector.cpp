#include "libs/smp-client/connector.hpp"

#include <algorithm>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace sotto::client {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// How long one address may take to accept while others are left to try.
constexpr std::chrono::seconds kAttemptTimeout{5};

bool wanted(const tcp::endpoint& endpoint, IpFamily family) {
  switch (family) {
    case IpFamily::ipv4:
      return endpoint.address().is_v4();
    case IpFamily::ipv6:
      return endpoint.address().is_v6();
    case IpFamily::any:
      break;
  }
  return true;
}

std::string text_of(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

Failure failure(Layer layer, Reason reason, ErrorCode code, std::string message) {
  return {layer, reason, {code, std::move(message)}, std::nullopt};
}

Failure tcp_failure(const boost::system::error_code& error) {
  if (error == asio::error::connection_refused) {
    return failure(Layer::tcp, Reason::refused, ErrorCode::connection_failed, "connection refused");
  }
  return failure(Layer::tcp, Reason::unreachable, ErrorCode::connection_failed, error.message());
}

Failure dns_failure(const boost::system::error_code& error) {
  if (error == asio::error::host_not_found || error == asio::error::no_data) {
    return failure(Layer::dns, Reason::name_not_found, ErrorCode::connection_failed, "the name has no address in DNS");
  }
  return failure(Layer::dns, Reason::dns_unavailable, ErrorCode::connection_failed, "DNS: " + error.message());
}

}  // namespace

std::shared_ptr<Connector> Connector::start(const asio::any_io_executor& executor,
                                            std::shared_ptr<const ConnectOptions> options, Handler handler) {
  std::shared_ptr<Connector> connector(new Connector(executor, std::move(options), std::move(handler)));
  asio::post(executor, [connector] { connector->run(); });
  return connector;
}

Connector::Connector(const asio::any_io_executor& executor, std::shared_ptr<const ConnectOptions> options,
                     Handler handler)
    : executor_(executor),
      options_(std::move(options)),
      handler_(std::move(handler)),
      deadline_(executor),
      attempt_deadline_(executor),
      resolver_(executor),
      socket_(executor) {}

void Connector::run() {
  if (!handler_) return;  // cancelled
  tls_ = options_->tls;
  if (!tls_) {
    auto made = make_tls(*options_);
    if (!made) return finish(Failure{Layer::tls, Reason::local, made.error(), std::nullopt});
    tls_ = *std::move(made);
  }
  deadline_.expires_after(options_->timeout);
  deadline_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error) self->timed_out();
  });
  step_started_ = std::chrono::steady_clock::now();
  if (options_->dialer != nullptr) return dial();
  for (const auto& host : options_->hosts) {
    if (host.kind != smp::HostKind::onion) hosts_.push_back(host);
  }
  if (hosts_.empty()) {
    return finish(failure(Layer::address, Reason::onion_host, ErrorCode::connection_failed,
                          "the address has only .onion hosts, which need Tor: they are never looked up in DNS"));
  }
  next_host();
}

void Connector::dial() {
  layer_ = Layer::tcp;
  attempt_ = options_->dialer->dial({options_->hosts, options_->port, options_->permitted},
                                    [self = shared_from_this()](Dialer::Outcome outcome) {
                                      const auto attempt = std::exchange(self->attempt_, nullptr);
                                      if (!self->handler_) return;
                                      if (auto* failed = std::get_if<Failure>(&outcome)) {
                                        self->report(failed->layer, false, failed->error.message);
                                        return self->finish(*std::move(failed));
                                      }
                                      self->socket_ = std::get<tcp::socket>(std::move(outcome));
                                      self->report(Layer::tcp, true, "connected");
                                      self->handshake();
                                    });
}

void Connector::next_host() {
  if (host_index_ == hosts_.size()) return finish(*std::move(failure_));
  const auto& host = hosts_[host_index_++];
  step_started_ = std::chrono::steady_clock::now();
  endpoints_.clear();
  endpoint_index_ = 0;
  if (host.kind != smp::HostKind::domain) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(host.name, error);
    const tcp::endpoint endpoint(address, options_->port);
    if (!error && wanted(endpoint, options_->family)) {
      endpoints_.push_back(endpoint);
    } else {
      note(failure(Layer::dns, Reason::no_family, ErrorCode::connection_failed, "no address of the wanted family"),
           host.name);
    }
    return next_endpoint();
  }
  layer_ = Layer::dns;
  resolver_.async_resolve(
      host.name, std::to_string(options_->port), tcp::resolver::numeric_service,
      [self = shared_from_this()](const boost::system::error_code& error, const tcp::resolver::results_type& results) {
        if (self->handler_) self->resolved(error, results);
      });
}

void Connector::resolved(const boost::system::error_code& error, const tcp::resolver::results_type& results) {
  const auto& name = hosts_[host_index_ - 1].name;
  if (error) {
    note(dns_failure(error), name);
    return next_host();
  }
  std::string found;
  for (const auto& entry : results) {
    if (!wanted(entry.endpoint(), options_->family)) continue;
    if (std::find(endpoints_.begin(), endpoints_.end(), entry.endpoint()) != endpoints_.end()) continue;
    endpoints_.push_back(entry.endpoint());
    found += (found.empty() ? "" : ", ") + entry.endpoint().address().to_string();
  }
  if (endpoints_.empty()) {
    note(failure(Layer::dns, Reason::no_family, ErrorCode::connection_failed,
                 "the name has no address of the wanted family"),
         name);
    return next_host();
  }
  report(Layer::dns, true, name + ": " + found);
  next_endpoint();
}

void Connector::next_endpoint() {
  if (endpoint_index_ == endpoints_.size()) return next_host();
  const auto endpoint = endpoints_[endpoint_index_++];
  layer_ = Layer::tcp;
  step_started_ = std::chrono::steady_clock::now();
  socket_ = tcp::socket(executor_);
  const bool last = endpoint_index_ == endpoints_.size() && host_index_ == hosts_.size();
  if (!last) {
    attempt_deadline_.expires_after(kAttemptTimeout);
    attempt_deadline_.async_wait(
        [self = shared_from_this(), attempt = endpoint_index_](boost::system::error_code error) {
          // Closing makes async_connect fail, which goes on to the next address.
          if (!error && self->endpoint_index_ == attempt && self->layer_ == Layer::tcp) {
            boost::system::error_code ignored;
            self->socket_.close(ignored);
          }
        });
  }
  socket_.async_connect(endpoint, [self = shared_from_this()](const boost::system::error_code& error) {
    if (self->handler_) self->connected(error);
  });
}

void Connector::connected(const boost::system::error_code& error) {
  attempt_deadline_.cancel();
  const auto& endpoint = endpoints_[endpoint_index_ - 1];
  if (error) {
    note(error == asio::error::operation_aborted
             ? failure(Layer::tcp, Reason::timeout, ErrorCode::timeout, "no answer to the TCP connection")
             : tcp_failure(error),
         text_of(endpoint));
    return next_endpoint();
  }
  report(Layer::tcp, true, text_of(endpoint));
  handshake();
}

void Connector::handshake() {
  layer_ = Layer::tls;
  if (!options_->preface.empty()) {
    boost::system::error_code error;
    asio::write(socket_, asio::buffer(options_->preface), error);
    if (error) return finish(tcp_failure(error));
  }
  connection_ = std::make_shared<ClientConnection>(std::move(socket_), tls_, options_);
  connection_->begin(executor_, [self = shared_from_this()](std::optional<Failure> failed) {
    auto connection = std::exchange(self->connection_, nullptr);
    if (failed) return self->finish(*std::move(failed));
    self->finish(std::move(connection));
  });
}

void Connector::note(Failure failed, const std::string& where) {
  report(failed.layer, false, where + ": " + failed.error.message);
  if (!failure_ || failed.layer >= failure_->layer) failure_ = std::move(failed);
}

void Connector::report(Layer layer, bool passed, std::string detail) {
  if (!options_->observer) return;
  const auto took = std::chrono::steady_clock::now() - step_started_;
  options_->observer({layer, passed, std::move(detail), std::chrono::duration_cast<std::chrono::milliseconds>(took)});
}

void Connector::timed_out() {
  if (connection_) layer_ = connection_->layer();
  static constexpr auto message = [](Layer layer) {
    switch (layer) {
      case Layer::dns:
        return "DNS did not answer in time";
      case Layer::tcp:
        return "no answer to the TCP connection in time";
      case Layer::tls:
        return "connected, but TLS was not answered in time";
      case Layer::handshake:
        return "TLS is up, but no SMP handshake came in time";
      default:
        return "no answer in time";
    }
  };
  finish(failure(layer_, Reason::timeout, ErrorCode::timeout, message(layer_)));
}

void Connector::finish(ConnectOutcome outcome) {
  auto handler = std::exchange(handler_, nullptr);
  cancel();
  if (handler) handler(std::move(outcome));
}

void Connector::cancel() {
  handler_ = nullptr;
  attempt_.reset();
  deadline_.cancel();
  attempt_deadline_.cancel();
  resolver_.cancel();
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (auto connection = std::exchange(connection_, nullptr)) connection->close();
}

}  // namespace sotto::client
