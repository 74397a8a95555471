// ClientPool: many client connections in one thread. Scenarios say what each does; run() drives them. One thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "libs/smp-client/client_connection.hpp"
#include "libs/smp-client/connect_options.hpp"

namespace sotto::bench {

class ClientPool {
 public:
  // Opens `count` more connections, at most 64 handshakes at a time. Throws when one fails.
  void connect(const client::ConnectOptions& options, std::size_t count);
  [[nodiscard]] const std::shared_ptr<client::ClientConnection>& at(std::size_t index) const {
    return connections_[index];
  }
  [[nodiscard]] std::size_t size() const { return connections_.size(); }
  // Runs I/O until `done`. Throws after `limit`.
  void run_until(const std::function<bool()>& done, std::chrono::seconds limit = std::chrono::seconds(120));
  void close();

 private:
  boost::asio::io_context io_{1};
  std::vector<std::shared_ptr<client::ClientConnection>> connections_;
};

}  // namespace sotto::bench
