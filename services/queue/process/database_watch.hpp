// DatabaseWatch: whether the database answers and has the schema that this program knows, for health: a small question
// every second, over a connection of its own, so that transactions that wait do not make it wait, and an idle service
// still knows, also how many queues and messages there are. Owned by the process; state() may be called from any
// thread, look() by one.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

#include "libs/base/result.hpp"
#include "libs/postgres/connection.hpp"
#include "services/queue/domain/queue_store.hpp"

namespace sotto::queue {

class DatabaseWatch {
 public:
  struct State {
    Status reachable;
    Status schema;  // as long as the database is not reached: what was known last
  };

  // `limit`: of one look, connecting apart. `totals` is told of the sums that a look found, by the thread that looks.
  DatabaseWatch(postgres::ConnectOptions options, std::chrono::milliseconds limit,
                std::function<void(const StoreTotals&)> totals);

  // Asks now; may take as long as connecting does. Afterwards state() says what was found.
  State look();
  [[nodiscard]] State state() const;

 private:
  State ask();

  const postgres::ConnectOptions options_;
  const std::chrono::milliseconds limit_;
  const std::function<void(const StoreTotals&)> totals_;
  std::unique_ptr<postgres::Connection> connection_;  // of the thread that looks

  mutable std::mutex mutex_;
  State state_;  // guarded by mutex_
};

}  // namespace sotto::queue
