// The time, as an interface, so that tests move it instead of sleeping. Implementations may be called from any thread.
#pragma once

#include <atomic>
#include <chrono>

namespace sotto {

using SystemTime = std::chrono::system_clock::time_point;
using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual SystemTime system_now() const = 0;
  [[nodiscard]] virtual SteadyTime steady_now() const = 0;
};

// Whole seconds since 1970 (UTC), the unit of message times on the wire and in the stores.
inline std::int64_t unix_seconds(SystemTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

class SystemClock final : public Clock {
 public:
  [[nodiscard]] SystemTime system_now() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] SteadyTime steady_now() const override { return std::chrono::steady_clock::now(); }
};

// A clock that stands still until it is moved. Used by tests.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(SystemTime start = SystemTime(std::chrono::seconds(1'700'000'000))) : start_(start) {}
  [[nodiscard]] SystemTime system_now() const override { return start_ + moved(); }
  [[nodiscard]] SteadyTime steady_now() const override { return SteadyTime{} + moved(); }
  void advance(std::chrono::nanoseconds by) { moved_.fetch_add(by.count(), std::memory_order_relaxed); }

 private:
  [[nodiscard]] std::chrono::nanoseconds moved() const {
    return std::chrono::nanoseconds(moved_.load(std::memory_order_relaxed));
  }
  const SystemTime start_;
  std::atomic<std::int64_t> moved_{0};
};

}  // namespace sotto
