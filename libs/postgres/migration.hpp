// Migration: one numbered step of a schema, as embedded in a program. A view of constants that live as long as it.
#pragma once

#include <string_view>

namespace sotto::postgres {

struct Migration {
  int version = 0;        // 1, 2, 3 …, without gaps
  std::string_view name;  // "queues" of 0001_queues.sql
  std::string_view sql;   // run in a transaction: no BEGIN, no COMMIT
};

}  // namespace sotto::postgres
