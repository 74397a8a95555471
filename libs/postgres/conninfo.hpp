// The text that says which database is meant, as admins give it: libpq's "host=… dbname=…" or "postgresql://…".
// Plain functions, any thread.
#pragma once

#include <string>

#include "libs/base/result.hpp"
#include "libs/postgres/connection.hpp"

namespace sotto::postgres {

// `invalid_argument` when libpq cannot read it, or when it holds a password: that belongs in a file, as arguments and
// environment can be seen by others. The message never repeats it.
Status check_conninfo(const std::string& conninfo);

// Why Connection::connect() fails: connects again and asks for the server's code. `unauthenticated` (no or a wrong
// password, no access), `not_found` (no such database), `unavailable` (starts up, shuts down, has too many
// connections), otherwise `error` as it was.
Error explain_connect_failure(const ConnectOptions& options, const Error& error);

}  // namespace sotto::postgres
