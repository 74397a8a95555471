// The schema of the auth service in PostgreSQL: the SQL files of this folder, embedded. Applied by `sotto db migrate`,
// never by the service itself, which refuses a database with another schema. A file that was released is never changed:
// what comes later is a new file. The tables share nothing with those of other services, and may be in another
// database.
#pragma once

#include "libs/postgres/migration.hpp"

namespace sotto::auth {

postgres::MigrationSet migrations();

}  // namespace sotto::auth
