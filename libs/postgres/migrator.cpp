#include "libs/postgres/migrator.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace sotto::postgres {
namespace {

// Of what reads and writes a few rows; it may have to wait for another runner's step.
constexpr std::chrono::milliseconds kStepLimit = std::chrono::hours(24);
constexpr std::chrono::milliseconds kLookLimit = std::chrono::seconds(30);

// Taken for the transaction, so that it works through a connection pooler, too.
constexpr const char* kLock = "SELECT pg_advisory_xact_lock(hashtext('sotto_migrations'))";
constexpr const char* kMakeTable =
    "CREATE TABLE IF NOT EXISTS sotto_migrations (version int PRIMARY KEY, name text NOT NULL, "
    "applied_at timestamptz NOT NULL DEFAULT now())";

std::string label(const Migration& migration) {
  return std::to_string(migration.version) + " (" + std::string(migration.name) + ")";
}

Result<SchemaState> compare(const Rows& applied, std::span<const Migration> known) {
  SchemaState state{0, known};
  for (std::size_t row = 0; row < applied.size(); ++row) {
    const Migration there{applied.int4(row, 0), applied.text(row, 1), {}};
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

Result<SchemaState> read_state(Connection& connection, std::span<const Migration> known) {
  auto applied = connection.query("SELECT version, name FROM sotto_migrations ORDER BY version", {}, kLookLimit);
  if (!applied) return applied.error();
  return compare(*applied, known);
}

// Within a transaction. Nothing: there is nothing left to apply.
Result<std::optional<Migration>> apply_next(Connection& connection, std::span<const Migration> known) {
  if (auto locked = connection.query(kLock, {}, kStepLimit); !locked) return locked.error();
  if (auto made = connection.query(kMakeTable, {}, kLookLimit); !made) return made.error();
  const auto state = read_state(connection, known);
  if (!state) return state.error();
  if (state->pending.empty()) return std::optional<Migration>{};
  const Migration& next = state->pending.front();
  if (auto status = connection.script(std::string(next.sql), kStepLimit); !status) {
    return Error{status.error().code,
                 "schema step " + label(next) + " failed, and nothing of it was applied: " + status.error().message};
  }
  auto noted = connection.query("INSERT INTO sotto_migrations (version, name) VALUES ($1, $2)",
                                Params().add(static_cast<std::int32_t>(next.version)).add(next.name), kLookLimit);
  if (!noted) return noted.error();
  return std::optional(next);
}

}  // namespace

Result<SchemaState> schema_state(Connection& connection, std::span<const Migration> known) {
  auto exists = connection.query("SELECT to_regclass('sotto_migrations') IS NOT NULL", {}, kLookLimit);
  if (!exists) return exists.error();
  if (!exists->boolean(0, 0)) return SchemaState{0, known};
  return read_state(connection, known);
}

Status require_schema(Connection& connection, std::span<const Migration> known) {
  const auto state = schema_state(connection, known);
  if (!state) return state.error();
  if (state->pending.empty()) return ok_status();
  return Error{ErrorCode::conflict, "the database has schema version " + std::to_string(state->version) +
                                        " and this program needs " + std::to_string(known.back().version) +
                                        ": run `sotto db migrate`"};
}

Status migrate(Connection& connection, std::span<const Migration> known,
               const std::function<void(const Migration&)>& applied) {
  for (;;) {
    if (auto begun = connection.query("BEGIN", {}, kLookLimit); !begun) return begun.error();
    const auto next = apply_next(connection, known);
    if (!next) {
      if (connection.usable()) connection.post("ROLLBACK");
      return next.error();
    }
    if (auto done = connection.query("COMMIT", {}, kStepLimit); !done) return done.error();
    if (!*next) return ok_status();
    applied(**next);
  }
}

}  // namespace sotto::postgres
