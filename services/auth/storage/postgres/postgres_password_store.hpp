// PostgresPasswordStore: the PasswordStore of the platform. Any number of processes may use one database at the same
// time: a change locks the one row with the generation, and fails with `conflict` when somebody else was first; uses
// are added up by the database. See docs/storage.md ("The PostgreSQL store of the auth service") for tables and locks.
//
// Nothing is kept in memory: what others have committed is there with the next call. Each round trip is limited by
// `statement_limit`. A call that finds the connection lost connects again; when that fails, or when the connection is
// lost under way, it fails with `unavailable` and has done nothing, unless its COMMIT was sent and the answer did not
// come: then it may have been done. A change is then to be repeated with its request id; uses that are added again may
// count twice. While the database does not answer, calls fail at once and try to connect now and then only.
//
// Owned by the process. Any thread; calls wait for the network and for each other, as there is one connection.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "libs/postgres/connection.hpp"
#include "services/auth/domain/password_store.hpp"

namespace sotto::auth {

struct PostgresPasswordSettings {
  postgres::ConnectOptions connection;  // without `session`
  // Of a round trip, and of each statement on the server, waiting for locks included.
  std::chrono::milliseconds statement_limit = std::chrono::seconds(5);
};

class PostgresPasswordStore final : public PasswordStore {
 public:
  // Connects. `conflict`: the schema of the database is not the one that this program knows; the message says what to
  // do. Other errors are those of Connection::connect().
  static Result<std::unique_ptr<PostgresPasswordStore>> open(PostgresPasswordSettings settings);
  // The same for a database that may be away now: the first call connects.
  static std::unique_ptr<PostgresPasswordStore> open_later(PostgresPasswordSettings settings);

  Result<Stored> load() override;
  Result<std::uint64_t> generation() override;
  Status commit(const Change& change) override;
  Status add_uses(std::span<const Use> uses) override;
  Status append_audit(const AuditEntry& entry) override;
  Result<AuditPage> audit(std::int64_t since, std::uint64_t from, std::size_t limit) override;
  Result<std::uint64_t> expire_audit(std::int64_t before) override;

 private:
  using SteadyClock = std::chrono::steady_clock;
  explicit PostgresPasswordStore(PostgresPasswordSettings settings) : settings_(std::move(settings)) {}

  // All with mutex_ held.
  // Connects when there is no connection, unless the last attempt failed a moment ago. The schema is checked anew: the
  // database may have been migrated.
  Status connect();
  Status connect_now();
  // Reads, or begins a transaction: what may be done again with another connection when this one was lost while idle.
  Result<std::vector<postgres::Rows>> start(const postgres::Pipeline& pipeline);
  // Ends the transaction with these statements and its commit.
  Status finish(postgres::Pipeline pipeline = {});
  // A transaction of one statement: how many rows it changed.
  Result<std::uint64_t> write(const postgres::Statement& statement, postgres::Params params);
  void roll_back();

  const PostgresPasswordSettings settings_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::unique_ptr<postgres::Connection> connection_;
  SteadyClock::time_point next_attempt_;
  SteadyClock::duration back_off_{};
};

}  // namespace sotto::auth
