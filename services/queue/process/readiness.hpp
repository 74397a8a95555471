// Readiness: looks at the database every second, and has the gRPC health service say what /readyz says. Changes go to
// the log, with their causes. Owned by the process; start(), withdraw() and the destructor by one thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "libs/observability/health.hpp"
#include "services/queue/process/database_watch.hpp"

namespace sotto::queue {

class Readiness {
 public:
  // `serving` is told of every change, by the thread of this or by withdraw().
  Readiness(DatabaseWatch& database, std::function<void(bool ready)> serving);
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;
  // Waits for a look that is under way: some seconds when the database does not answer.
  ~Readiness();

  // `health` must outlive this. Once.
  void start(const Health& health);
  // Not ready, for good and at once.
  void withdraw();

 private:
  void run(const Health& health);
  void say(bool ready, const std::vector<Health::Line>& lines);

  DatabaseWatch& database_;
  const std::function<void(bool)> serving_;

  std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_.
  bool withdrawn_ = false;
  std::optional<bool> said_;

  std::thread thread_;
};

}  // namespace sotto::queue
