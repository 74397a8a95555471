// Relay: the one connection of a gateway to one server that it forwards to, shared by all clients: from the first who
// asks for it until it fails, ends, or nobody uses it any more. Owned by the RelayPool; its thread only.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>

#include "gateway/relay/relay_counters.hpp"
#include "gateway/relay/relay_options.hpp"
#include "gateway/relay/relay_outcome.hpp"
#include "gateway/relay/relays.hpp"
#include "libs/base/clock.hpp"
#include "libs/crypto/box.hpp"
#include "libs/smp-client/connector.hpp"

namespace sotto::gateway {

// What all relays of a pool share. Outlives them.
struct RelayContext {
  boost::asio::any_io_executor executor;
  RelayOptions options;
  client::Dialer* dialer = nullptr;
  std::shared_ptr<const transport::TlsContext> tls;
  RelayCounters& counters;
  std::size_t waiting = 0;  // commands that wait for their turn, at all relays
};

class Relay final : public client::ConnectionListener, public std::enable_shared_from_this<Relay> {
 public:
  using ConnectDone = std::function<void(std::variant<std::shared_ptr<const RelaySession>, RelayError>)>;
  using ForwardDone = std::function<void(std::variant<Bytes, RelayError>)>;
  // The relay is of no use any more: before there was a session, with the reason; later without.
  using Ended = std::function<void(std::optional<client::Failure> failure)>;

  Relay(RelayContext& context, RelayAddress address);
  ~Relay() override;

  // Starts to connect. `permitted`: which addresses may be connected to. `ready` when there is a session, `ended` once,
  // at the end of all; neither from within this.
  void start(std::function<bool(const boost::asio::ip::address&)> permitted, std::function<void()> ready, Ended ended);
  // Answers with the session, when there is one.
  void connect(ConnectDone done);
  void forward(Forwarding forwarding, ForwardDone done);
  // Looks at deadlines; asked a few times a second.
  void tick(SteadyTime now);
  // Ends it with this error for all who wait; `ended` is not called.
  void close(const RelayError& error);

  [[nodiscard]] bool connected() const { return session_ != nullptr; }
  // Nothing is under way.
  [[nodiscard]] bool unused() const { return connect_waiters_.empty() && in_flight_.empty() && waiting_.empty(); }
  [[nodiscard]] SteadyTime last_used() const { return last_used_; }
  [[nodiscard]] const RelayAddress& address() const { return address_; }
  [[nodiscard]] const std::shared_ptr<const RelaySession>& session() const { return session_; }

 private:
  // One command, waiting for its turn or for its response.
  struct Pending {
    ForwardDone done;  // empty: answered, with an error, before the relay did
    SteadyTime deadline;
    SteadyTime sent;
    Bytes client_corr_id;
    crypto::Nonce nonce{};
  };
  struct Waiting {
    Forwarding forwarding;
    ForwardDone done;
    SteadyTime deadline;
  };

  void on_event(client::Received event) override;
  void on_closed(const client::Failure& failure) override;
  void connected(client::ConnectOutcome outcome);
  [[nodiscard]] bool may_send() const;
  void send(Waiting command);
  void answered(const std::shared_ptr<Pending>& pending, Result<client::Received> reply);
  std::variant<Bytes, RelayError> open(const Pending& pending, const client::Received& reply) const;
  void send_next();
  void ping(SteadyTime now);
  // Tells all who wait, and the pool.
  void end(const RelayError& error, std::optional<client::Failure> failure);
  void fail_all(const RelayError& error);

  RelayContext& context_;
  const RelayAddress address_;
  std::function<void()> ready_;
  Ended ended_;
  std::shared_ptr<client::Connector> connector_;
  std::shared_ptr<client::ClientConnection> connection_;
  std::shared_ptr<const RelaySession> session_;
  crypto::BoxKey secret_;
  std::vector<ConnectDone> connect_waiters_;
  std::deque<std::shared_ptr<Pending>> in_flight_;  // the oldest first
  std::deque<Waiting> waiting_;
  std::size_t unanswered_ = 0;  // commands that timed out, and whose responses have not come since
  SteadyTime last_used_;
  SteadyTime last_heard_;
  std::optional<SteadyTime> pinged_;
};

}  // namespace sotto::gateway
