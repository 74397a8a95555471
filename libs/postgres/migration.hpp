// Migrations: the numbered steps of a schema, as embedded in a program. Views of constants that live as long as it.
#pragma once

#include <span>
#include <string_view>

namespace sotto::postgres {

struct Migration {
  int version = 0;        // 1, 2, 3 …, without gaps
  std::string_view name;  // "queues" of 0001_queues.sql
  std::string_view sql;   // run in a transaction: no BEGIN, no COMMIT
};

// The schema of one service. Sets of several services may be in one database, and each may be in one of its own: none
// knows the tables of another.
struct MigrationSet {
  std::string_view service;          // "queue"
  std::string_view table;            // of the database, with a row for each step that was applied; needs no quoting
  std::span<const Migration> steps;  // by version; at least one
};

}  // namespace sotto::postgres
