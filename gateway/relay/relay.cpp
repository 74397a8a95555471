#include "gateway/relay/relay.hpp"

#include <algorithm>
#include <utility>

#include "libs/smp-client/client_handshake.hpp"
#include "libs/smp/proxy_layers.hpp"

namespace sotto::gateway {
namespace {

// The oldest version with proxies.
constexpr smp::Version kFirstProxied = 8;

// Responses that never came, on a connection that is otherwise alive: then it is given up.
constexpr std::size_t kMaxUnanswered = 32;

}  // namespace

Relay::Relay(RelayContext& context, RelayAddress address)
    : context_(context), address_(std::move(address)), last_used_(std::chrono::steady_clock::now()) {}

Relay::~Relay() {
  close(network_error());
}

void Relay::start(std::function<bool(const boost::asio::ip::address&)> permitted, std::function<void()> ready,
                  Ended ended) {
  ready_ = std::move(ready);
  ended_ = std::move(ended);
  auto options = std::make_shared<client::ConnectOptions>();
  options->hosts = address_.hosts;
  options->port = address_.port;
  options->fingerprint = address_.fingerprint;
  options->versions = {kFirstProxied, smp::kMaxVersion};
  options->proxy_server = true;
  options->dialer = context_.dialer;
  options->permitted = std::move(permitted);
  options->timeout = context_.options.connect_timeout;
  options->tls = context_.tls;
  ++context_.counters.connecting;
  connector_ = client::Connector::start(context_.executor, std::move(options),
                                        [weak = weak_from_this()](client::ConnectOutcome outcome) {
                                          if (const auto self = weak.lock()) self->connected(std::move(outcome));
                                        });
}

void Relay::connected(client::ConnectOutcome outcome) {
  connector_.reset();
  --context_.counters.connecting;
  if (auto* failure = std::get_if<client::Failure>(&outcome)) return end(relay_error(*failure), std::move(*failure));
  auto connection = std::get<std::shared_ptr<client::ClientConnection>>(std::move(outcome));
  const auto raw = crypto::dh(*connection->server_session_key(), *connection->session_key());
  if (!raw) {
    connection->close();
    const client::Failure failure{client::Layer::handshake,
                                  client::Reason::bad_session_key,
                                  {ErrorCode::protocol, "the server's session key gives no secret"},
                                  {}};
    return end(relay_error(failure), failure);
  }
  secret_ = crypto::BoxKey::from_raw(*raw);
  const auto& hello = connection->server_hello();
  // No newer version than ours is named to clients, so that they all look alike to the relay.
  const smp::VersionRange versions{std::max(hello.versions.min, kFirstProxied),
                                   std::min(hello.versions.max, smp::kMaxVersion)};
  session_ = std::make_shared<const RelaySession>(
      RelaySession{to_bytes(connection->session()), versions, hello.certificate_chain, hello.signed_key});
  connection_ = std::move(connection);
  connection_->set_listener(this);
  ++context_.counters.connected;
  last_used_ = last_heard_ = std::chrono::steady_clock::now();
  const auto keep = shared_from_this();
  ready_();
  for (const auto& done : std::exchange(connect_waiters_, {})) done(session_);
}

void Relay::connect(ConnectDone done) {
  last_used_ = std::chrono::steady_clock::now();
  if (session_) return done(session_);
  connect_waiters_.push_back(std::move(done));
}

void Relay::forward(Forwarding forwarding, ForwardDone done) {
  const auto now = std::chrono::steady_clock::now();
  last_used_ = now;
  const auto& options = context_.options;
  Waiting command{std::move(forwarding), std::move(done), now + options.request_timeout};
  if (waiting_.empty() && may_send()) return send(std::move(command));
  if (waiting_.size() >= options.max_waiting || context_.waiting >= options.max_waiting_in_all) {
    return command.done(overloaded_error());
  }
  ++context_.waiting;
  waiting_.push_back(std::move(command));
}

bool Relay::may_send() const {
  const auto& options = context_.options;
  return in_flight_.size() < options.max_in_flight && context_.counters.in_flight.load() < options.max_in_flight_in_all;
}

void Relay::send(Waiting command) {
  auto pending = std::make_shared<Pending>();
  pending->done = std::move(command.done);
  pending->deadline = command.deadline;
  pending->sent = std::chrono::steady_clock::now();
  pending->client_corr_id = std::move(command.forwarding.corr_id);
  pending->nonce = crypto::random_nonce();
  const auto plain = smp::encode(smp::Forwarded{pending->client_corr_id, command.forwarding.version,
                                                command.forwarding.client_key, command.forwarding.encrypted});
  const auto encrypted = crypto::box_seal(secret_, pending->nonce, plain);
  in_flight_.push_back(pending);
  ++context_.counters.in_flight;
  connection_->submit(client::Request{.command = smp::Rfwd{encrypted}, .corr_id = pending->nonce},
                      [weak = weak_from_this(), pending](Result<client::Received> reply) {
                        if (const auto self = weak.lock()) self->answered(pending, std::move(reply));
                      });
}

void Relay::answered(const std::shared_ptr<Pending>& pending, Result<client::Received> reply) {
  if (!connection_ || connection_->closed()) return;  // end() says why
  last_heard_ = std::chrono::steady_clock::now();
  if (!pending->done) {
    if (unanswered_ > 0) --unanswered_;
    return;
  }
  std::erase(in_flight_, pending);
  --context_.counters.in_flight;
  const auto done = std::exchange(pending->done, nullptr);
  send_next();
  if (reply) return done(open(*pending, *reply));
  // Too large for a block: only what a client made of other sizes than the protocol's.
  if (reply.error().code == ErrorCode::invalid_argument) {
    return done(RelayError{RelayOutcome::relay_error, smp::ProtocolError(smp::SimpleError::large_msg)});
  }
  done(response_error("CMD SYNTAX"));
}

std::variant<Bytes, RelayError> Relay::open(const Pending& pending, const client::Received& reply) const {
  if (const auto* error = reply.error()) return protocol_error(*error);
  const auto* rres = reply.get<smp::Rres>();
  if (rres == nullptr) return unexpected_error(smp::word(reply.response));
  const auto plain = crypto::box_open(secret_, crypto::reversed(pending.nonce), rres->encrypted);
  if (!plain) return RelayError{RelayOutcome::relay_error, smp::ProtocolError(smp::SimpleError::crypto)};
  const auto response = smp::parse_forwarded_response(*plain);
  if (!response || !equal(response->client_corr_id, pending.client_corr_id)) return response_error("BLOCK");
  return to_bytes(response->encrypted_response);
}

void Relay::send_next() {
  while (!waiting_.empty() && may_send()) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    --context_.waiting;
    send(std::move(next));
  }
}

void Relay::tick(SteadyTime now) {
  if (!session_) return;
  const auto keep = shared_from_this();
  bool silent = pinged_ && now - *pinged_ > context_.options.request_timeout && last_heard_ < *pinged_;
  std::vector<ForwardDone> late;
  while (!in_flight_.empty() && in_flight_.front()->deadline <= now) {
    const auto pending = std::move(in_flight_.front());
    in_flight_.pop_front();
    --context_.counters.in_flight;
    ++unanswered_;
    silent = silent || last_heard_ < pending->sent;
    late.push_back(std::exchange(pending->done, nullptr));
  }
  while (!waiting_.empty() && waiting_.front().deadline <= now) {
    late.push_back(std::move(waiting_.front().done));
    waiting_.pop_front();
    --context_.waiting;
  }
  for (const auto& done : late) done(timeout_error());
  // Nothing came since that was asked: it is not there any more. Or it picks what it answers.
  if (silent || unanswered_ >= kMaxUnanswered) return end(timeout_error(), std::nullopt);
  send_next();
  if (unused() && now - last_used_ > context_.options.idle_timeout) return end(network_error(), std::nullopt);
  if (now - last_heard_ > context_.options.keepalive) ping(now);
}

void Relay::ping(SteadyTime now) {
  if (pinged_ && last_heard_ < *pinged_) return;  // it is being asked
  pinged_ = now;
  connection_->submit(client::Request{.command = smp::Ping{}}, [weak = weak_from_this()](const auto& reply) {
    const auto self = weak.lock();
    if (self && reply) self->last_heard_ = std::chrono::steady_clock::now();
  });
}

void Relay::on_event(client::Received /*event*/) {
  // ERR BLOCK, of a relay that could not read what we sent: whoever waits for the answer hears of it at its deadline.
}

void Relay::on_closed(const client::Failure& failure) {
  end(failure.reason == client::Reason::broken ? relay_error(failure) : network_error(), std::nullopt);
}

void Relay::end(const RelayError& error, std::optional<client::Failure> failure) {
  const auto keep = shared_from_this();
  // First: whoever asks again because of the error must not find this one.
  if (const auto ended = std::exchange(ended_, nullptr)) ended(std::move(failure));
  close(error);
}

void Relay::close(const RelayError& error) {
  if (auto connector = std::exchange(connector_, nullptr)) {
    connector->cancel();
    --context_.counters.connecting;
  }
  if (auto connection = std::exchange(connection_, nullptr)) {
    connection->close();
    --context_.counters.connected;
  }
  ended_ = nullptr;
  session_.reset();
  fail_all(error);
}

void Relay::fail_all(const RelayError& error) {
  context_.waiting -= waiting_.size();
  context_.counters.in_flight -= in_flight_.size();
  const auto connects = std::exchange(connect_waiters_, {});
  const auto in_flight = std::exchange(in_flight_, {});
  auto waiting = std::exchange(waiting_, {});
  for (const auto& done : connects) done(error);
  for (const auto& pending : in_flight) std::exchange(pending->done, nullptr)(error);
  for (const auto& command : waiting) command.done(error);
}

}  // namespace sotto::gateway
