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

// One for all sets. Taken for the transaction, so that it works through a connection pooler, too.
constexpr const char* kLock = "SELECT pg_advisory_xact_lock(hashtext('sotto_migrations'))";

// Statements about the table of a set, whose name is a constant of the program.
std::string make_table(const MigrationSet& set) {
  return "CREATE TABLE IF NOT EXISTS " + std::string(set.table) +
         " (version int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())";
}
std::string table_exists(const MigrationSet& set) {
  return "SELECT to_regclass('" + std::string(set.table) + "') IS NOT NULL";
}
std::string read_applied(const MigrationSet& set) {
  return "SELECT version, name FROM " + std::string(set.table) + " ORDER BY version";
}
std::string note_applied(const MigrationSet& set) {
  return "INSERT INTO " + std::string(set.table) + " (version, name) VALUES ($1, $2)";
}

// A row of that table.
struct Applied {
  int version = 0;
  std::string name;
};

std::string label(const Migration& migration) {
  return std::to_string(migration.version) + " (" + std::string(migration.name) + ")";
}
std::string schema_name(const MigrationSet& set) {
  return std::string(set.service) + " schema";
}

Result<SchemaState> compare(const std::vector<Applied>& applied, const MigrationSet& known) {
  SchemaState state{0, known.steps};
  for (const auto& [version, name] : applied) {
    const Migration there{version, name, {}};
    if (state.pending.empty()) {
      return Error{ErrorCode::conflict, "the database has the " + schema_name(known) + " step " + label(there) +
                                            ", which this program does not know: it needs a newer version of Sotto"};
    }
    const Migration& next = state.pending.front();
    if (there.version != next.version || there.name != next.name) {
      return Error{ErrorCode::conflict, "the database has the " + schema_name(known) + " step " + label(there) +
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

Result<SchemaState> schema_state_of(Connection& connection, const MigrationSet& known) {
  const auto exists = connection.query(table_exists(known).c_str(), {}, kLookLimit);
  if (!exists) return exists.error();
  if (!exists->boolean(0, 0)) return SchemaState{0, known.steps};
  const auto rows = connection.query(read_applied(known).c_str(), {}, kLookLimit);
  if (!rows) return rows.error();
  std::vector<Applied> applied;
  for (std::size_t row = 0; row < rows->size(); ++row) {
    applied.push_back({rows->int4(row, 0), std::string(rows->text(row, 1))});
  }
  return compare(applied, known);
}

// Nothing: there is nothing left to apply.
Result<std::optional<Migration>> apply_next(AdminSession::Transaction& work, const MigrationSet& known) {
  if (auto locked = work.query(kLock); !locked) return locked.error();
  if (auto made = work.query(make_table(known)); !made) return made.error();
  const auto applied = work.query(read_applied(known));
  if (!applied) return applied.error();
  const auto state = compare(applied_of(*applied), known);
  if (!state) return state.error();
  if (state->pending.empty()) return std::optional<Migration>{};
  const Migration& next = state->pending.front();
  if (auto status = work.script(std::string(next.sql)); !status) {
    return Error{status.error().code, schema_name(known) + " step " + label(next) +
                                          " failed, and nothing of it was applied: " + status.error().message};
  }
  auto noted = work.query(note_applied(known), {std::to_string(next.version), std::string(next.name)});
  if (!noted) return noted.error();
  return std::optional(next);
}

}  // namespace

Result<SchemaState> schema_state(AdminSession& session, const MigrationSet& known) {
  const auto exists = session.query(table_exists(known), kLookLimit);
  if (!exists) return exists.error();
  if (exists->text(0, 0) != "t") return SchemaState{0, known.steps};
  const auto applied = session.query(read_applied(known), kLookLimit);
  if (!applied) return applied.error();
  return compare(applied_of(*applied), known);
}

Status require_schema(Connection& connection, const MigrationSet& known) {
  const auto state = schema_state_of(connection, known);
  if (!state) return state.error();
  if (state->pending.empty()) return ok_status();
  return Error{ErrorCode::conflict, "the database has version " + std::to_string(state->version) + " of the " +
                                        schema_name(known) + " and this program needs " +
                                        std::to_string(known.steps.back().version) + ": run `sotto db migrate`"};
}

Status migrate(AdminSession& session, const MigrationSet& known, const std::function<void(const Migration&)>& applied) {
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
