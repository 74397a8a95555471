// RelayPool: the relays of a gateway, on a thread of their own: one connection for each relay, however many clients ask
// for it; failures are remembered for a while. Owned by the program. connect() and forward() from any thread until
// stop(); everything else from one.
//
// What strangers can make it hold is bounded: connections, those on their way, failures, commands that wait
// (RelayOptions). An idle connection makes room for a new one.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/relay/failure_log.hpp"
#include "gateway/relay/relay.hpp"
#include "gateway/relay/relay_counters.hpp"
#include "gateway/relay/relay_options.hpp"
#include "gateway/relay/relays.hpp"
#include "gateway/relay/remembered_failures.hpp"
#include "libs/backend/access_policy.hpp"
#include "libs/base/result.hpp"
#include "libs/smp-client/dialer.hpp"

namespace sotto::gateway {

class RelayPool final : public Relays {
 public:
  // Makes what connects, on the pool's executor.
  using MakeDialer = std::function<Result<std::unique_ptr<client::Dialer>>(boost::asio::io_context& io)>;

  // Connects to nothing yet. `access` must outlive it: its policy holds from when it changes, also for connections that
  // are there. An error of `make_dialer` or of TLS.
  static Result<std::unique_ptr<RelayPool>> create(RelayOptions options, const MakeDialer& make_dialer,
                                                   const backend::AccessPolicy& access);
  ~RelayPool() override;
  RelayPool(const RelayPool&) = delete;
  RelayPool& operator=(const RelayPool&) = delete;

  void connect(RelayAddress address, Connected done) override;
  void forward(Bytes session_id, Forwarding forwarding, Forwarded done) override;
  // Whatever is under way fails; nothing may be asked any more. Once.
  void stop();

  [[nodiscard]] const RelayCounters& counters() const { return counters_; }

 private:
  RelayPool(RelayOptions options, const backend::AccessPolicy& access);

  // All on the thread of io_:
  void connect_now(RelayAddress address, Connected done);
  void forward_now(const Bytes& session_id, Forwarding forwarding, Forwarded done);
  // Takes note of a changed policy: closes what it does not allow any more.
  void look_at_policy();
  // The hosts that may be connected to: those that the policy names, else those whose addresses decide.
  struct Allowed {
    std::vector<smp::Host> hosts;
    backend::ProxyDestinations::Verdict verdict = backend::ProxyDestinations::Verdict::refused;
  };
  [[nodiscard]] Allowed allowed(const RelayAddress& address) const;
  bool make_room();
  void begin(const std::string& key, RelayAddress address, backend::ProxyDestinations::Verdict verdict);
  void ended(const std::string& key, const std::optional<client::Failure>& failure);
  void forget(const std::string& key, const Relay& relay);
  [[nodiscard]] bool is_own(const RelayAddress& address) const;
  void schedule_tick();
  void tick();

  RelayCounters counters_;
  std::atomic<std::size_t> handed_over_{0};  // commands that the thread has not seen yet
  const backend::AccessPolicy& access_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  RelayContext context_;
  std::unique_ptr<client::Dialer> dialer_;
  // Of the thread of io_:
  std::shared_ptr<const backend::ProxyPolicy> policy_;
  boost::asio::steady_timer timer_;
  FailureLog log_;
  RememberedFailures failures_;
  std::unordered_map<std::string, std::shared_ptr<Relay>> relays_;  // by address, as text
  std::map<Bytes, std::string> sessions_;                           // of those that are connected
  std::thread thread_;
};

}  // namespace sotto::gateway
