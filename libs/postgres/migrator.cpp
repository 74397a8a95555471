#include "libs/postgres/migrator.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace sotto::postgres {
namespace {

// Of each statement of a step; the first may have to wait for another runner's step.
constexpr std::chrono::milliseconds kStepLimit = std::chrono::hours(24);
// Of what reads a few rows.
constexpr std::chrono::milliseconds kLookLimit = std::chrono::seconds(30);

// Taken for the transaction, so that it works through a connection pooler, too.
constexpr const char* kLock = "SELECT pg_advisory_xact_lock(hashtext('sotto_migrations'))";
constexpr const char* kMakeTable =
    "CREATE TABLE IF NOT EXISTS sotto_migrations (version int PRIMARY KEY, name text NOT NULL, "
    "applied_at timestamptz NOT NULL DEFAULT now())";

constexpr const char* kExists = "SELECT to_regclass('sotto_migrations') IS NOT NULL";
constexpr const char* kApplied = "SELECT version, name FROM sotto_migrations ORDER BY version";

// A row of sotto_migrations.
struct Applied {
  int version = 0;
  std::string name;
};

std::string label(const Migration& migration) {
  return std::to_string(migration.version) + " (" + std::string(migration.name) + ")";
}

Result<SchemaState> compare(const std::vector<Applied>& applied, std::span<const Migration> known) {
  SchemaState state{0, known};
  for (const auto& [version, name] : applied) {
    const Migration there{version, name, {}};
    if (state.pending.empty()) {
      return Error{ErrorCode::conflict, "the database has the schema step " + label(there) +
                                            ", which this program does not know: it needs a newer version of Sotto"};
    }
    const Migration& next = state.pending.front();
    if (there.version != next.version || there.name != next.name) {
      return Error{ErrorCode::conflict, "the database has the schema step " + label(there) +
                                            " where this program has " + label(next) +
                                            ": it is not a database of this program, or of a fork of it"};
    }
    state.version = there.version;
    state.pending = state.pending.subspan(1);
  }
  return state;
}

std::vector<Applied> applied_of(const TextRows& rows) {
  std::vector<Applied> applied;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    applied.push_back({static_cast<int>(rows.integer(row, 0)), rows.text(row, 1)});
  }
  return applied;
}

Result<SchemaState> schema_state_of(Connection& connection, std::span<const Migration> known) {
  const auto exists = connection.query(kExists, {}, kLookLimit);
  if (!exists) return exists.error();
  if (!exists->boolean(0, 0)) return SchemaState{0, known};
  const auto rows = connection.query(kApplied, {}, kLookLimit);
  if (!rows) return rows.error();
  std::vector<Applied> applied;
  for (std::size_t row = 0; row < rows->size(); ++row) {
    applied.push_back({rows->int4(row, 0), std::string(rows->text(row, 1))});
  }
  return compare(applied, known);
}

// Nothing: there is nothing left to apply.
Result<std::optional<Migration>> apply_next(AdminSession::Transaction& work, std::span<const Migration> known) {
  if (auto locked = work.query(kLock); !locked) return locked.error();
  if (auto made = work.query(kMakeTable); !made) return made.error();
  const auto applied = work.query(kApplied);
  if (!applied) return applied.error();
  const auto state = compare(applied_of(*applied), known);
  if (!state) return state.error();
  if (state->pending.empty()) return std::optional<Migration>{};
  const Migration& next = state->pending.front();
  if (auto status = work.script(std::string(next.sql)); !status) {
    return Error{status.error().code,
                 "schema step " + label(next) + " failed, and nothing of it was applied: " + status.error().message};
  }
  auto noted = work.query("INSERT INTO sotto_migrations (version, name) VALUES ($1, $2)",
                          {std::to_string(next.version), std::string(next.name)});
  if (!noted) return noted.error();
  return std::optional(next);
}

}  // namespace

Result<SchemaState> schema_state(AdminSession& session, std::span<const Migration> known) {
  const auto exists = session.query(kExists, kLookLimit);
  if (!exists) return exists.error();
  if (exists->text(0, 0) != "t") return SchemaState{0, known};
  const auto applied = session.query(kApplied, kLookLimit);
  if (!applied) return applied.error();
  return compare(applied_of(*applied), known);
}

Status require_schema(Connection& connection, std::span<const Migration> known) {
  const auto state = schema_state_of(connection, known);
  if (!state) return state.error();
  if (state->pending.empty()) return ok_status();
  return Error{ErrorCode::conflict, "the database has schema version " + std::to_string(state->version) +
                                        " and this program needs " + std::to_string(known.back().version) +
                                        ": run `sotto db migrate`"};
}

Status migrate(AdminSession& session, std::span<const Migration> known,
               const std::function<void(const Migration&)>& applied) {
  for (;;) {
    std::optional<Migration> step;
    const auto done = session.transaction(kStepLimit, [&](AdminSession::Transaction& work) -> Status {
      const auto next = apply_next(work, known);
      if (!next) return next.error();
      step = *next;
      return ok_status();
    });
    if (!done) return done;
    if (!step) return ok_status();
    applied(*step);
  }
}

}  // namespace sotto::postgres
