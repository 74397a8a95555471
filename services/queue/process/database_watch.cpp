#include "services/queue/process/database_watch.hpp"

#include <utility>

#include "libs/postgres/conninfo.hpp"
#include "libs/postgres/migrator.hpp"
#include "services/queue/migrations/migrations.hpp"

namespace sotto::queue {
namespace {

Error not_asked() {
  return {ErrorCode::unavailable, "it was not reached yet"};
}

}  // namespace

DatabaseWatch::DatabaseWatch(postgres::ConnectOptions options, std::chrono::milliseconds limit,
                             std::function<void(const StoreTotals&)> totals)
    : options_(std::move(options)), limit_(limit), totals_(std::move(totals)), state_{not_asked(), not_asked()} {}

DatabaseWatch::State DatabaseWatch::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
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
      now.schema = postgres::require_schema(*connection_, migrations());
    }
    auto answered = connection_->query("SELECT 1", {}, limit_);
    now.reachable = answered ? ok_status() : Status(answered.error());
    if (answered || fresh) break;
  }
  // Somebody may migrate it meanwhile.
  if (now.reachable && !now.schema) now.schema = postgres::require_schema(*connection_, migrations());
  if (now.reachable && now.schema) {
    const auto sums = connection_->query(
        "SELECT coalesce(sum(queues), 0)::int8, coalesce(sum(messages), 0)::int8 FROM queue_totals", {}, limit_);
    if (sums) {
      totals_({.queues = static_cast<std::uint64_t>(sums->int8(0, 0)),
               .messages = static_cast<std::uint64_t>(sums->int8(0, 1))});
    }
  }
  return now;
}

}  // namespace sotto::queue
