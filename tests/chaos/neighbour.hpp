// Neighbour: a client that behaves, in a thread of its own: it sends, receives, acknowledges and pings for as long as
// it lives, while a test mistreats the same server. Its first mistake or late answer ends it and is kept as its fault.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "libs/smp-client/connect_options.hpp"

namespace sotto::test {

class Neighbour {
 public:
  explicit Neighbour(client::ConnectOptions options);
  ~Neighbour();
  Neighbour(const Neighbour&) = delete;
  Neighbour& operator=(const Neighbour&) = delete;

  // Waits for a message that is sent, received and acknowledged after this call began; false when there is none.
  bool works();
  // Empty: all was well.
  [[nodiscard]] std::string fault() const;

 private:
  void run();
  void live();

  const client::ConnectOptions options_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> rounds_{0};
  mutable std::mutex mutex_;
  std::string fault_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace sotto::test
