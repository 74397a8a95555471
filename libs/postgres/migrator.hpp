// Migrations of a database's schema. A program knows the steps of each service's schema (MigrationSet); a table of the
// database holds what was applied of them. Each step is one transaction together with its row, under one advisory lock
// for all sets: any number of runners at once share the work, and a step that fails leaves nothing.
//
// Plain functions over a connection that the caller owns: admins look and migrate with an AdminSession, services check
// with the Connection that they have.
#pragma once

#include <functional>
#include <span>

#include "libs/postgres/admin_session.hpp"
#include "libs/postgres/connection.hpp"
#include "libs/postgres/migration.hpp"

namespace sotto::postgres {

struct SchemaState {
  int version = 0;                     // of the last step that was applied; 0: none
  std::span<const Migration> pending;  // a part of the steps
};

// What the database has of a set. `conflict` when it has a step that is not in `known` (it was migrated by a newer
// program) or that has another name there. Changes nothing. The steps must outlive the result.
Result<SchemaState> schema_state(AdminSession& session, const MigrationSet& known);

// For a program that needs exactly this schema: `conflict` as above and when steps are pending, with what to run.
Status require_schema(Connection& connection, const MigrationSet& known);

// Applies what is pending, in order, and tells `applied` after each step that it committed (not those of another
// runner). On failure the steps before stay; the message names the step. A step may take hours, and so does this.
Status migrate(AdminSession& session, const MigrationSet& known, const std::function<void(const Migration&)>& applied);

}  // namespace sotto::postgres
