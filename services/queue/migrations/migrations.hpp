// The schema of the queue service in PostgreSQL: the SQL files of this folder, embedded. Applied by `sotto db migrate`,
// never by the service itself, which refuses a database with another schema. A file that was released is never changed:
// what comes later is a new file.
#pragma once

#include "libs/postgres/migration.hpp"

namespace sotto::queue {

postgres::MigrationSet migrations();

}  // namespace sotto::queue
