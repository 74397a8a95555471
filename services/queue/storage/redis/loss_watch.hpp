// LossWatch: notices when Redis, or the way to it, may have lost subscriptions or events, and says so once all works
// again. What it says leads to EventSink::resume(): sessions register again and look at what waits for them.
//
// What counts as a loss:
//  - a connection of the client ended and stands again: messages on channels were missed, and Redis may have been
//    restarted without its data;
//  - a call of the directory or the bus failed (failed()): somebody was not registered, or not told. The sessions that
//    this concerns may be attached to any replica, so the others are told, too (channel sotto:lost);
//  - Redis answers, but its data is another than before. It shows by the epochs: keys with a random value that the
//  first
//    process makes. They are looked at every few seconds, and there is one in every sixteenth of the slots of a
//    cluster, so that each node has one;
//  - a gateway fell to this replica because the one before it went (gateway_lost(), redis_event_bus.hpp).
//
// Owned by the process: made before the client, whose callbacks it needs, and stopped before it. Threads: one of its
// own asks Redis and calls on_lost and keep_up. failed() and gateway_lost() may be called from any thread, also on the
// client's.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/bytes.hpp"
#include "libs/redis/client.hpp"

namespace sotto::queue {

struct LossWatchOptions {
  // How often epochs are looked at and keep_up is called.
  std::chrono::milliseconds period{3000};
  // From one call of on_lost for all gateways to the next, at least: what is lost meanwhile is said in one.
  std::chrono::milliseconds quiet{3000};
  // Of one look at Redis, and from one that failed to the next.
  std::chrono::milliseconds deadline{500};
};

// For metrics; each only grows. Any thread may read.
struct LossWatchCounters {
  std::atomic<std::uint64_t> looks{0};        // at Redis, that were answered
  std::atomic<std::uint64_t> reconnected{0};  // connections stood again
  std::atomic<std::uint64_t> data_lost{0};    // an epoch was another one
  std::atomic<std::uint64_t> failed{0};       // looks that found failed calls of this process
  std::atomic<std::uint64_t> told{0};         // another replica said that something was lost
  std::atomic<std::uint64_t> said{0};         // calls of on_lost
};

class LossWatch {
 public:
  // What the sessions of this gateway subscribe to, or events for them, may be lost; nothing: of all gateways.
  using OnLost = std::function<void(std::optional<std::uint64_t> gateway)>;

  LossWatch(LossWatchOptions options, OnLost on_lost);
  // Stops.
  ~LossWatch();
  LossWatch(const LossWatch&) = delete;
  LossWatch& operator=(const LossWatch&) = delete;

  // For Client::start().
  [[nodiscard]] redis::Callbacks callbacks();
  // Starts the thread. `keep_up` puts back what this process keeps in Redis; it is called every period, and before
  // on_lost, so that whoever is told finds it. May be empty.
  void start(redis::Client& client, std::function<void()> keep_up);
  // When it returns, on_lost and keep_up are not running and will not be called again. Never from these.
  void stop();

  void failed();
  void gateway_lost(std::uint64_t gateway);

  [[nodiscard]] const LossWatchCounters& counters() const { return counters_; }

 private:
  // One in each sixteenth of the slots.
  static constexpr std::size_t kEpochs = 16;
  using Clock = std::chrono::steady_clock;

  void work();
  // Asks Redis. False: it cannot be reached.
  bool look();
  // The values of the epochs, made where there were none; nothing: Redis cannot be reached.
  std::optional<std::vector<std::string>> read_epochs();
  void tell_others();
  void say();

  // Constant after construction (client_ and keep_up_: after start()).
  const LossWatchOptions options_;
  const OnLost on_lost_;
  const std::vector<std::string> epoch_keys_;
  std::array<std::uint8_t, 16> own_id_{};
  redis::Client* client_ = nullptr;
  std::function<void()> keep_up_;
  LossWatchCounters counters_;

  // Of the thread.
  std::uint64_t generation_ = 0;
  std::vector<std::string> epochs_;
  std::optional<Clock::time_point> said_at_;  // the last on_lost for all gateways

  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool look_now_ = false;
  bool failed_ = false;
  bool all_lost_ = false;             // on_lost for all gateways is due
  std::set<std::uint64_t> gateways_;  // on_lost for these is due

  std::thread thread_;
};

}  // namespace sotto::queue
