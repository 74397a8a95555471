// ClientState: whether a Client is connected, as its I/O thread says it and any thread may ask.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

#include "libs/base/clock.hpp"
#include "libs/base/result.hpp"

namespace sotto::redis {

class ClientState {
 public:
  // The generation that begins.
  std::uint64_t set_connected() {
    const std::lock_guard lock(mutex_);
    status_ = ok_status();
    wake_.notify_all();
    return ++generation_;
  }
  void set_failure(Error error) {
    const std::lock_guard lock(mutex_);
    status_ = std::move(error);
  }
  void set_stopped() {
    const std::lock_guard lock(mutex_);
    status_ = Error{ErrorCode::unavailable, "the connections to Redis were closed"};
    stopped_ = true;
    wake_.notify_all();
  }
  void set_cluster(bool cluster) { cluster_ = cluster; }

  [[nodiscard]] Status status() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }
  [[nodiscard]] Status wait(SteadyTime deadline) const {
    std::unique_lock lock(mutex_);
    wake_.wait_until(lock, deadline, [this] { return stopped_ || status_.ok(); });
    return status_;
  }
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  [[nodiscard]] bool cluster() const { return cluster_; }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable wake_;
  Status status_ = Error{ErrorCode::unavailable, "not connected to Redis yet"};
  bool stopped_ = false;
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<bool> cluster_{false};
};

}  // namespace sotto::redis
