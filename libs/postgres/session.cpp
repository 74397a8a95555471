#include "libs/postgres/session.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace sotto::postgres {
namespace {

// The server looks this often whether the client is still there while it works for it.
constexpr const char* kSession = "SET client_connection_check_interval = '1s';";

ErrorCode code_of(std::string_view sql_state) {
  const auto is_of = [&](std::string_view kind) { return sql_state.substr(0, kind.size()) == kind; };
  if (sql_state == "23505") return ErrorCode::conflict;
  if (is_of("08")) return ErrorCode::connection_failed;
  // Rolled back for others, locks, resources, operator, files; read only: the server has become a standby.
  for (const auto* kind : {"40", "55", "53", "57", "58", "25006"}) {
    if (is_of(kind)) return ErrorCode::unavailable;
  }
  for (const auto* kind : {"28", "3D000", "42501", "42P01"}) {
    if (is_of(kind)) return ErrorCode::configuration;
  }
  return ErrorCode::internal;
}

}  // namespace

void Finish::operator()(pg_conn* session) const {
  PQfinish(session);
}

Result<Session> open_session(const ConnectOptions& options) {
  const std::string seconds = std::to_string(std::max<std::int64_t>(options.connect_timeout.count(), 2));
  // What stands in front of dbname may be overruled by conninfo; the password may not. A SecretString ends with a zero.
  const std::array<const char*, 9> keywords = {"connect_timeout",
                                               "application_name",
                                               "target_session_attrs",
                                               "keepalives_idle",
                                               "tcp_user_timeout",
                                               "client_encoding",
                                               "dbname",
                                               options.password.empty() ? nullptr : "password",
                                               nullptr};
  const std::array<const char*, 9> values = {
      seconds.c_str(),          options.application_name.c_str(), "read-write", "10", "10000", "UTF8",
      options.conninfo.c_str(), options.password.expose().data(), nullptr};
  Session session(PQconnectdbParams(keywords.data(), values.data(), 1));
  if (!session) return Error{ErrorCode::connection_failed, "out of memory"};
  if (PQstatus(session.get()) != CONNECTION_OK) {
    return Error{ErrorCode::connection_failed,
                 "no connection to PostgreSQL: " + one_line(PQerrorMessage(session.get()))};
  }
  PQsetNoticeReceiver(
      session.get(), [](void* /*argument*/, const PGresult* /*notice*/) {}, nullptr);
  return session;
}

std::string first_statements(const ConnectOptions& options) {
  return kSession + options.session;
}

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

Error server_error(std::string_view state, const std::string& text) {
  return Error{code_of(state), "PostgreSQL: " + one_line(text.empty() ? "no reason given" : text) +
                                   (state.empty() ? "" : " (" + std::string(state) + ")")};
}

Error lost_error(const std::string& reason) {
  const std::string text = one_line(reason);
  return Error{ErrorCode::connection_failed,
               "the connection to PostgreSQL was lost" + (text.empty() ? "" : ": " + text)};
}

}  // namespace sotto::postgres
