// PostgresQueueStore: the QueueStore of the platform. Any number of processes may use one database at the same time;
// what a transaction changes is locked by rows. See docs/storage.md ("The PostgreSQL store") for tables, locks and
// durability, services/queue/domain/queue_store.hpp for the contract.
//
// Round trips: begin() makes one for everything that was announced (none for nothing), commit() one for everything that
// was written (none for nothing). Each is limited by `statement_limit`; when it passes, or when the connection is lost,
// the transaction fails with `unavailable`, also when the commit may have taken place, and the next begin() connects
// again. While the database does not answer, begin() fails at once and tries to connect now and then only.
//
// Owned by the process. Transactions: one at a time, by one thread, which waits for the network; a transaction must not
// outlive its store. totals(): any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>

#include "libs/crypto/key_ring.hpp"
#include "libs/postgres/connection.hpp"
#include "services/queue/domain/queue_store.hpp"

namespace sotto::queue {

struct PostgresQueueSettings {
  postgres::ConnectOptions connection;  // without `session`
  // Of a round trip, and of each statement on the server, waiting for locks included.
  std::chrono::milliseconds statement_limit = std::chrono::seconds(5);
};

class PostgresQueueStore final : public QueueStore {
 public:
  // Connects. `conflict`: the schema of the database is not the one that this program knows; the message says what to
  // do. Other errors are those of Connection::connect().
  static Result<std::unique_ptr<PostgresQueueStore>> open(PostgresQueueSettings settings, crypto::KeyRing keys);
  // The same for a database that may be away now: the first transaction connects.
  static std::unique_ptr<PostgresQueueStore> open_later(PostgresQueueSettings settings, crypto::KeyRing keys);

  Result<std::unique_ptr<QueueTransaction>> begin(std::span<const Touch> touched) override;
  Result<std::vector<RecipientId>> with_messages(std::span<const RecipientId> queues) override;
  // With what this process committed. What others committed is taken in at most a second before the last transaction.
  // As of the last commit of this process, or the last note_totals().
  [[nodiscard]] StoreTotals totals() const override;
  // Somebody else has read the sums (a process that commits nothing would not notice what others do). Any thread.
  void note_totals(const StoreTotals& totals);
  // ok: autovacuum does it.
  Status compact() override { return ok_status(); }

 private:
  friend class PostgresQueueTransaction;
  using SteadyClock = std::chrono::steady_clock;
  PostgresQueueStore(PostgresQueueSettings settings, crypto::KeyRing keys);

  // Connects when there is no connection, unless the last attempt failed a moment ago. The schema is checked anew: the
  // database may have been migrated.
  Status connect();
  Status connect_now();
  // As the contract has it: `unavailable`, whatever the cause was.
  static Error unavailable(const Error& error);

  // For the transaction.
  Result<std::vector<postgres::Rows>> run(const postgres::Pipeline& pipeline);
  void roll_back();
  std::int16_t draw_slot();
  [[nodiscard]] bool totals_are_old() const;
  void add_totals(std::int64_t queues, std::int64_t messages);
  void set_totals(const postgres::Rows& sums);

  // Constant after construction.
  const PostgresQueueSettings settings_;
  const crypto::KeyRing keys_;

  // Of the thread that has the transaction.
  std::unique_ptr<postgres::Connection> connection_;
  SteadyClock::time_point next_attempt_;
  SteadyClock::duration back_off_{};
  SteadyClock::time_point totals_read_;
  std::minstd_rand slots_;

  mutable std::mutex mutex_;
  StoreTotals totals_;  // guarded by mutex_
};

}  // namespace sotto::queue
