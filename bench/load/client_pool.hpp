// ClientPool: many client connections in one thread. Scenarios say what each does; run_until() drives them. A
// connection that ends by itself, or an event on one that has no listener, ends the run with an exception. One thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "bench/measure/progress.hpp"
#include "libs/smp-client/client_connection.hpp"
#include "libs/smp-client/connect_options.hpp"

namespace sotto::bench {

class ClientPool final : private client::ConnectionListener {
 public:
  using Connection = std::shared_ptr<client::ClientConnection>;
  // Of a server that is silent.
  static constexpr std::chrono::seconds kPatience{60};
  // Handshakes under way at a time.
  static constexpr std::size_t kAtOnce = 64;

  ClientPool() = default;
  ~ClientPool() override;
  ClientPool(const ClientPool&) = delete;
  ClientPool& operator=(const ClientPool&) = delete;

  // Opens `count` more connections of exactly the newest version that `options` has. Throws when one fails.
  void connect(const client::ConnectOptions& options, std::size_t count);
  [[nodiscard]] const Connection& at(std::size_t index) const { return connections_.at(index); }
  [[nodiscard]] std::size_t size() const { return connections_.size(); }
  // Closes the connections from index `size` on.
  void shrink(std::size_t size);

  // Runs I/O until `done`. Throws when nothing was added to `progress` for kPatience.
  void run_until(const std::function<bool()>& done, Progress& progress);
  // The same until the progress is complete.
  void run(Progress& progress);
  // For timers beside the connections.
  [[nodiscard]] boost::asio::io_context& io() { return io_; }

 private:
  void on_event(client::Received event) override;
  void on_closed(const client::Failure& failure) override;

  boost::asio::io_context io_{1};
  std::vector<Connection> connections_;
};

}  // namespace sotto::bench
