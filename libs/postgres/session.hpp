// What Connection and AdminSession have in common: how a session with the server is opened, and how its errors read.
// Only files of this folder include it. Plain functions, any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "libs/base/result.hpp"
#include "libs/postgres/connection.hpp"

namespace sotto::postgres {

struct Finish {
  void operator()(pg_conn* session) const;
};
using Session = std::unique_ptr<pg_conn, Finish>;

// Waits until the connection stands; notices of the server are dropped. connection_failed otherwise.
Result<Session> open_session(const ConnectOptions& options);

// What is to be executed first in a new session.
std::string first_statements(const ConnectOptions& options);

// libpq ends its messages with a line feed, and has several lines for several hosts.
std::string one_line(std::string text);

// `state`: the SQLSTATE, empty when there was none. `text`: the server's primary message; detail and context are left
// out, as they show values.
Error server_error(std::string_view state, const std::string& text);

// connection_failed, with the reason unless it is empty.
Error lost_error(const std::string& reason);

}  // namespace sotto::postgres
