// ServerWatch: tests a server again and again, each family of addresses in a lane of its own, counts what comes of it
// and logs when that changes. Owned by the command; made and destroyed on one thread, each lane has a thread of its
// own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "admin-cli/commands/server_test.hpp"
#include "admin-cli/watch/probe_metrics.hpp"
#include "libs/base/result.hpp"

namespace sotto::cli {

class ServerWatch {
 public:
  struct Options {
    std::vector<client::IpFamily> families{client::IpFamily::any};
    std::chrono::milliseconds every{60'000};  // from start to start, a tenth more or less
    TestOptions test{};                       // its family is that of the lane
  };
  // Asked before each test, by one lane at a time.
  using ReadAddress = std::function<Result<smp::ServerAddress>()>;

  // The first tests begin at once.
  ServerWatch(metrics::Metrics& metrics, Options options, ReadAddress read_address);
  // Gives the tests that are under way a moment to end, for they delete their queues; then it cuts them off.
  ~ServerWatch();
  ServerWatch(const ServerWatch&) = delete;
  ServerWatch& operator=(const ServerWatch&) = delete;

 private:
  void run(client::IpFamily family, const std::stop_token& stop);
  [[nodiscard]] TestReport test(client::IpFamily family);
  // Waits for the time. False: stop instead.
  bool begin_test(std::chrono::steady_clock::time_point time, const std::stop_token& stop);
  void end_test();

  const Options options_;
  const ReadAddress read_address_;
  ProbeMetrics metrics_;
  std::mutex mutex_;  // of read_address_, changed_ and testing_
  std::condition_variable_any changed_;
  int testing_ = 0;       // tests under way, until they are counted
  std::stop_source cut_;  // of all of them
  std::vector<std::jthread> lanes_;
};

}  // namespace sotto::cli
