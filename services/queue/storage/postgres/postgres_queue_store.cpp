#include "services/queue/storage/postgres/postgres_queue_store.hpp"

#include <algorithm>
#include <utility>

#include "libs/postgres/migrator.hpp"
#include "services/queue/migrations/migrations.hpp"
#include "services/queue/storage/postgres/change_set.hpp"
#include "services/queue/storage/postgres/postgres_queue_transaction.hpp"
#include "services/queue/storage/postgres/statements.hpp"

namespace sotto::queue {
namespace {

// After a failed attempt to connect. Doubled with each further one.
constexpr std::chrono::milliseconds kFirstBackOff(50);
constexpr std::chrono::milliseconds kLastBackOff(1000);
// The server ends a statement itself, a moment before we give up the connection.
constexpr std::chrono::milliseconds kMargin(500);
constexpr std::chrono::seconds kTotalsAge(1);
constexpr int kSlots = 64;  // rows of queue_totals

}  // namespace

Result<std::unique_ptr<PostgresQueueStore>> PostgresQueueStore::open(PostgresQueueSettings settings,
                                                                     crypto::KeyRing keys) {
  auto store = open_later(std::move(settings), std::move(keys));
  if (auto connected = store->connect_now(); !connected) return connected.error();
  return store;
}

std::unique_ptr<PostgresQueueStore> PostgresQueueStore::open_later(PostgresQueueSettings settings,
                                                                   crypto::KeyRing keys) {
  settings.connection.session = sql::session(settings.statement_limit);
  return std::unique_ptr<PostgresQueueStore>(new PostgresQueueStore(std::move(settings), std::move(keys)));
}

PostgresQueueStore::PostgresQueueStore(PostgresQueueSettings settings, crypto::KeyRing keys)
    : settings_(std::move(settings)), keys_(std::move(keys)), slots_(std::random_device{}()) {}

Error PostgresQueueStore::unavailable(const Error& error) {
  return Error{ErrorCode::unavailable, error.message};
}

Status PostgresQueueStore::connect_now() {
  auto connected = postgres::Connection::connect(settings_.connection);
  if (!connected) return connected.error();
  auto& connection = **connected;
  if (auto known = postgres::require_schema(connection, migrations()); !known) return known.error();
  postgres::Pipeline pipeline;
  pipeline.add(sql::kReadTotals);
  auto sums = connection.run(pipeline, settings_.statement_limit);
  if (!sums) return sums.error();
  set_totals(sums->front());
  connection_ = std::move(*connected);
  return ok_status();
}

Status PostgresQueueStore::connect() {
  if (connection_ && connection_->usable()) return ok_status();
  connection_.reset();
  const auto started = SteadyClock::now();
  if (started < next_attempt_) return Error{ErrorCode::unavailable, "PostgreSQL cannot be reached"};
  auto connected = connect_now();
  if (connected) {
    back_off_ = {};
    return connected;
  }
  const auto now = SteadyClock::now();
  back_off_ = std::clamp<SteadyClock::duration>(2 * back_off_, kFirstBackOff, kLastBackOff);
  // An attempt that took long is not made again for longer still: most of the time, failures are to be quick.
  next_attempt_ = now + std::max(back_off_, 2 * (now - started));
  return unavailable(connected.error());
}

Result<std::unique_ptr<QueueTransaction>> PostgresQueueStore::begin(std::span<const Touch> touched) {
  // A connection that was lost while nothing was asked of it is noticed only now: then once more with another one.
  for (bool again = true;; again = false) {
    const bool connected_before = connection_ && connection_->usable();
    if (auto connected = connect(); !connected) return connected.error();
    auto transaction = std::make_unique<PostgresQueueTransaction>(*this);
    auto begun = transaction->read(touched);
    if (begun) return std::unique_ptr<QueueTransaction>(std::move(transaction));
    const bool lost = !connection_->usable() && begun.error().code != ErrorCode::timeout;
    if (!again || !lost || !connected_before) return unavailable(begun.error());
  }
}

Result<std::vector<RecipientId>> PostgresQueueStore::with_messages(std::span<const RecipientId> queues) {
  std::vector<RecipientId> out;
  if (queues.empty()) return out;
  if (auto connected = connect(); !connected) return connected.error();
  postgres::Pipeline pipeline;
  pipeline.add(sql::kWithMessages, ids_param({queues.begin(), queues.end()}));
  auto results = run(pipeline);
  if (!results) return unavailable(results.error());
  const auto& rows = results->front();
  out.reserve(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    auto id = decode_recipient(rows, row, 0);
    if (!id) return id.error();
    out.push_back(*id);
  }
  return out;
}

Result<std::vector<postgres::Rows>> PostgresQueueStore::run(const postgres::Pipeline& pipeline) {
  if (!connection_) return Error{ErrorCode::connection_failed, "the connection to PostgreSQL was lost"};
  return connection_->run(pipeline, settings_.statement_limit + kMargin);
}

void PostgresQueueStore::roll_back() {
  if (connection_) connection_->post("ROLLBACK");
}

std::int16_t PostgresQueueStore::draw_slot() {
  return static_cast<std::int16_t>(slots_() % kSlots);
}

StoreTotals PostgresQueueStore::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

bool PostgresQueueStore::totals_are_old() const {
  return SteadyClock::now() - totals_read_ >= kTotalsAge;
}

void PostgresQueueStore::note_totals(const StoreTotals& totals) {
  const std::lock_guard lock(mutex_);
  totals_ = totals;
}

void PostgresQueueStore::add_totals(std::int64_t queues, std::int64_t messages) {
  // What others added is not known here until the sums are read again: never below zero for it.
  const auto sum = [](std::uint64_t now, std::int64_t change) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, static_cast<std::int64_t>(now) + change));
  };
  const std::lock_guard lock(mutex_);
  totals_ = {.queues = sum(totals_.queues, queues), .messages = sum(totals_.messages, messages)};
}

void PostgresQueueStore::set_totals(const postgres::Rows& sums) {
  const std::lock_guard lock(mutex_);
  totals_ = {.queues = static_cast<std::uint64_t>(sums.int8(0, 0)),
             .messages = static_cast<std::uint64_t>(sums.int8(0, 1))};
  totals_read_ = SteadyClock::now();
}

}  // namespace sotto::queue
