// DatabaseWatch: whether the database answers and has the schema that this program knows, for health: a small question
// every second, over a connection of its own, so that transactions that wait do not make it wait, and an idle service
// still knows. Owned by the process; state() may be called from any thread, look() by one.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

#include "libs/base/result.hpp"
#include "libs/observability/health.hpp"
#include "libs/observability/metrics.hpp"
#include "libs/postgres/connection.hpp"
#include "libs/postgres/migration.hpp"

namespace sotto::service {

class DatabaseWatch {
 public:
  struct State {
    Status reachable;
    Status schema;  // as long as the database is not reached: what was known last
  };

  // Asks a little more of a database that has been reached and has the schema, by the thread that looks.
  using Also = std::function<void(postgres::Connection& connection, std::chrono::milliseconds limit)>;

  // `limit`: of one look, connecting apart. The steps of `schema` must outlive it.
  DatabaseWatch(postgres::ConnectOptions options, std::chrono::milliseconds limit, postgres::MigrationSet schema,
                Also also = {});

  // At the start of a service. A database that is away is no error, and said in the log; an error is what waiting
  // cannot mend: conflict: another schema; unauthenticated, not_found, configuration: it cannot be used as it is set.
  Status look_first();
  // Asks now; may take as long as connecting does. Afterwards state() says what was found.
  State look();
  [[nodiscard]] State state() const;

 private:
  State ask();

  const postgres::ConnectOptions options_;
  const std::chrono::milliseconds limit_;
  const postgres::MigrationSet schema_;
  const Also also_;
  std::unique_ptr<postgres::Connection> connection_;  // of the thread that looks

  mutable std::mutex mutex_;
  State state_;  // guarded by mutex_
};

// The checks `database` and `schema`, and the metric smp_database_up. `watch` must outlive what calls them.
void add_checks(Health& health, const DatabaseWatch& watch);
void expose_database(metrics::Metrics& metrics, const DatabaseWatch& watch);

// As /readyz shows it: what is wrong, without addresses.
Status without_details(const Status& status, const char* what);

}  // namespace sotto::service
