// DatabaseOptions: the options that say which database a command works on, and the connection to it. A part of a
// command; one thread.
#pragma once

#include <memory>
#include <string>

#include "libs/base/result.hpp"
#include "libs/postgres/admin_session.hpp"
#include "libs/postgres/connection.hpp"

namespace CLI {
class App;
}

namespace sotto::cli {

class DatabaseOptions {
 public:
  void declare(CLI::App& app);

  // `invalid_argument` when no database is named, or with a password in its URL; `configuration` for the password file;
  // else why there is no connection (libs/postgres/conninfo.hpp).
  [[nodiscard]] Result<std::unique_ptr<postgres::AdminSession>> connect() const;
  // The same for a command that works through very many rows.
  [[nodiscard]] Result<std::unique_ptr<postgres::Connection>> connect_for_bulk() const;

 private:
  template <class Session>
  [[nodiscard]] Result<std::unique_ptr<Session>> connect_as() const;

  std::string url_;
  std::string password_file_;
};

}  // namespace sotto::cli
