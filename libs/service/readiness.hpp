// Readiness: looks at the database of a service every second, and has the gRPC health service say what /readyz says.
// Changes go to the log, with their causes. Owned by the process; start(), withdraw() and the destructor by one thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/observability/health.hpp"

namespace sotto::service {

class Readiness {
 public:
  // `look`: whether the database is reached; called by the thread of this, and may take as long as connecting does.
  // `serving` is told of every change, by the same thread or by withdraw().
  Readiness(std::function<Status()> look, std::function<void(bool ready)> serving);
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;
  // Waits for a look that is under way: some seconds when the database does not answer.
  ~Readiness();

  // `health` must outlive this. `reached`: whether the database was at the last look. Once.
  void start(const Health& health, bool reached);
  // Not ready, for good and at once.
  void withdraw();

 private:
  void run(const Health& health, bool reached);
  void say(bool ready, const std::vector<Health::Line>& lines);

  const std::function<Status()> look_;
  const std::function<void(bool)> serving_;

  std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_.
  bool withdrawn_ = false;
  std::optional<bool> said_;

  std::thread thread_;
};

}  // namespace sotto::service
