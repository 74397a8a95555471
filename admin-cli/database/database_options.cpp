#include "admin-cli/database/database_options.hpp"

#include <CLI/CLI.hpp>

#include "admin-cli/database/secret_file.hpp"
#include "libs/postgres/conninfo.hpp"

namespace sotto::cli {
namespace {

// An admin waits longer than a service would: the way to the database may be a tunnel.
constexpr std::chrono::seconds kConnectTimeout(10);

}  // namespace

void DatabaseOptions::declare(CLI::App& app) {
  app.add_option("--database-url", url_, "postgresql://user@host:port/database, or \"host=… dbname=…\"; no password")
      ->envname("SOTTO_DATABASE_URL");
  app.add_option("--database-password-file", password_file_, "Where the password of the database is")
      ->envname("SOTTO_DATABASE_PASSWORD_FILE");
}

template <class Session>
Result<std::unique_ptr<Session>> DatabaseOptions::connect_as() const {
  if (url_.empty()) {
    return Error{ErrorCode::invalid_argument, "which database? Name it with --database-url or SOTTO_DATABASE_URL"};
  }
  if (auto status = postgres::check_conninfo(url_); !status) return status.error();
  postgres::ConnectOptions options;
  options.conninfo = url_;
  options.connect_timeout = kConnectTimeout;
  options.application_name = "sotto db";
  if (!password_file_.empty()) {
    auto password = read_password_file(password_file_);
    if (!password) return password.error();
    options.password = *std::move(password);
  }
  auto connection = Session::connect(options);
  if (connection) return connection;
  auto error = postgres::explain_connect_failure(options, connection.error());
  if (error.code == ErrorCode::unauthenticated) {
    error.message += options.password.empty() ? " (the password goes into a file: --database-password-file)"
                                              : " (the password is that of " + password_file_ + ")";
  }
  return error;
}

Result<std::unique_ptr<postgres::AdminSession>> DatabaseOptions::connect() const {
  return connect_as<postgres::AdminSession>();
}

Result<std::unique_ptr<postgres::Connection>> DatabaseOptions::connect_for_bulk() const {
  return connect_as<postgres::Connection>();
}

}  // namespace sotto::cli
