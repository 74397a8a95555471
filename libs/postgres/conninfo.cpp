#include "libs/postgres/conninfo.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstring>
#include <memory>

namespace sotto::postgres {
namespace {

using Attempt = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Parsed = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

// Waits for the end of the attempt, one way or the other.
void finish(PGconn* attempt, std::chrono::seconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (auto next = PGRES_POLLING_WRITING; next == PGRES_POLLING_WRITING || next == PGRES_POLLING_READING;
       next = PQconnectPoll(attempt)) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd waiting{.fd = PQsocket(attempt), .events = POLLIN, .revents = 0};
    if (next == PGRES_POLLING_WRITING) waiting.events = POLLOUT;
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) return;
  }
}

// The code at the end of the server's message ("FATAL:  28P01"), which is the same in every language; empty when the
// server said nothing.
std::string sql_state_of(const PGconn* attempt) {
  std::string text = PQerrorMessage(attempt);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.pop_back();
  constexpr std::size_t kSize = 5;
  if (text.size() <= kSize || text[text.size() - kSize - 1] != ' ') return "";
  const auto state = text.substr(text.size() - kSize);
  const bool is_state = std::all_of(state.begin(), state.end(),
                                    [](unsigned char c) { return std::isdigit(c) != 0 || std::isupper(c) != 0; });
  return is_state ? state : "";
}

}  // namespace

Status check_conninfo(const std::string& conninfo) {
  // What libpq says of a text that it cannot read repeats parts of it.
  char* reason = nullptr;
  const Parsed options(PQconninfoParse(conninfo.c_str(), &reason), &PQconninfoFree);
  PQfreemem(reason);
  if (!options) {
    return Error{ErrorCode::invalid_argument,
                 "the database URL cannot be read: it is postgresql://user@host:port/database, or host=… port=… "
                 "user=… dbname=… (special characters of a URL as %XX)"};
  }
  for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr || std::strcmp(option->keyword, "password") != 0) continue;
    return Error{ErrorCode::invalid_argument,
                 "the database URL holds a password, which others may see there: put it into a file "
                 "(--database-password-file)"};
  }
  return ok_status();
}

Error explain_connect_failure(const ConnectOptions& options, const Error& error) {
  if (error.code != ErrorCode::connection_failed) return error;
  const std::array<const char*, 3> keywords = {"dbname", options.password.empty() ? nullptr : "password", nullptr};
  const std::array<const char*, 3> values = {options.conninfo.c_str(), options.password.expose().data(), nullptr};
  const Attempt attempt(PQconnectStartParams(keywords.data(), values.data(), 1), &PQfinish);
  if (!attempt || PQstatus(attempt.get()) == CONNECTION_BAD) return error;
  PQsetErrorVerbosity(attempt.get(), PQERRORS_SQLSTATE);
  finish(attempt.get(), options.connect_timeout);

  const auto state = sql_state_of(attempt.get());
  if (PQconnectionNeedsPassword(attempt.get()) != 0 || state.starts_with("28") || state == "42501") {
    return {ErrorCode::unauthenticated, error.message};
  }
  if (state == "3D000") return {ErrorCode::not_found, error.message};
  if (state.starts_with("53") || state.starts_with("57")) return {ErrorCode::unavailable, error.message};
  return error;
}

}  // namespace sotto::postgres
