#include "libs/service/database_watch.hpp"

#include <utility>

#include <fmt/format.h>

#include "libs/observability/log.hpp"
#include "libs/postgres/conninfo.hpp"
#include "libs/postgres/migrator.hpp"

namespace sotto::service {
namespace {

Error not_asked() {
  return {ErrorCode::unavailable, "it was not reached yet"};
}

// Whether waiting may help: the database is down, starts up, or is full of connections.
bool is_away(const Error& error) {
  return error.code == ErrorCode::connection_failed || error.code == ErrorCode::timeout ||
         error.code == ErrorCode::unavailable;
}

}  // namespace

DatabaseWatch::DatabaseWatch(postgres::ConnectOptions options, std::chrono::milliseconds limit,
                             postgres::MigrationSet schema, Also also)
    : options_(std::move(options)),
      limit_(limit),
      schema_(std::move(schema)),
      also_(std::move(also)),
      state_{not_asked(), not_asked()} {}

DatabaseWatch::State DatabaseWatch::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

Status DatabaseWatch::look_first() {
  const auto state = look();
  if (state.reachable) return state.schema;
  const auto& error = state.reachable.error();
  if (!is_away(error)) return error;
  log::warning("start", {{"warning", "the database is away; it is tried again and again"}, {"cause", error.message}});
  return ok_status();
}

DatabaseWatch::State DatabaseWatch::look() {
  auto now = ask();
  const std::lock_guard lock(mutex_);
  state_ = now;
  return now;
}

DatabaseWatch::State DatabaseWatch::ask() {
  auto now = state();
  // Once more with another connection when the old one turns out to be lost: the database may be back already.
  for (int attempt = 0; attempt < 2; ++attempt) {
    const bool fresh = !connection_ || !connection_->usable();
    if (fresh) {
      connection_.reset();
      auto connected = postgres::Connection::connect(options_);
      if (!connected) {
        now.reachable = postgres::explain_connect_failure(options_, connected.error());
        return now;
      }
      connection_ = std::move(*connected);
      now.schema = postgres::require_schema(*connection_, schema_);
    }
    auto answered = connection_->query("SELECT 1", {}, limit_);
    now.reachable = answered ? ok_status() : Status(answered.error());
    if (answered || fresh) break;
  }
  // Somebody may migrate it meanwhile.
  if (now.reachable && !now.schema) now.schema = postgres::require_schema(*connection_, schema_);
  if (also_ && now.reachable && now.schema) also_(*connection_, limit_);
  return now;
}

Status without_details(const Status& status, const char* what) {
  if (status) return ok_status();
  return Error{ErrorCode::unavailable, fmt::format("{} ({})", what, error_row(status.error().code).name)};
}

void add_checks(Health& health, const DatabaseWatch& watch) {
  health.add("database", [&watch] { return without_details(watch.state().reachable, "PostgreSQL does not answer"); });
  health.add("schema", [&watch]() -> Status {
    const auto schema = watch.state().schema;
    if (schema) return ok_status();
    if (schema.error().code != ErrorCode::conflict) return without_details(schema, "it could not be asked for");
    return Error{ErrorCode::conflict, "it is not the one of this program; run `sotto db status`"};
  });
}

void expose_database(metrics::Metrics& metrics, const DatabaseWatch& watch) {
  metrics.callback_gauge("smp_database_up", "1 while PostgreSQL answers.",
                         [&watch] { return watch.state().reachable ? 1.0 : 0.0; });
}

}  // namespace sotto::service
