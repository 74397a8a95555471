// Migrations of a database's schema. The table sotto_migrations of the database holds what was applied; a program knows
// the steps (a span, by version). Each step is one transaction together with its row, under an advisory lock: any
// number of runners at once share the work, and a step that fails leaves nothing.
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
  std::span<const Migration> pending;  // a part of `known`
};

// What the database has. `conflict` when it has a step that is not in `known` (it was migrated by a newer program) or
// that has another name there. Changes nothing. `known` must outlive the result.
Result<SchemaState> schema_state(AdminSession& session, std::span<const Migration> known);

// For a program that needs exactly this schema: `conflict` as above and when steps are pending, with what to run.
Status require_schema(Connection& connection, std::span<const Migration> known);

// Applies what is pending, in order, and tells `applied` after each step that it committed (not those of another
// runner). On failure the steps before stay; the message names the step. A step may take hours, and so does this.
Status migrate(AdminSession& session, std::span<const Migration> known,
               const std::function<void(const Migration&)>& applied);

}  // namespace sotto::postgres
