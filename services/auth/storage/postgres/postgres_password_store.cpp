#include "services/auth/storage/postgres/postgres_password_store.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "libs/postgres/migrator.hpp"
#include "services/auth/migrations/migrations.hpp"
#include "services/auth/storage/postgres/rows.hpp"
#include "services/auth/storage/postgres/statements.hpp"

namespace sotto::auth {
namespace {

using postgres::Params;
using postgres::Pipeline;
using postgres::Rows;

// After a failed attempt to connect. Doubled with each further one.
constexpr std::chrono::milliseconds kFirstBackOff(50);
constexpr std::chrono::milliseconds kLastBackOff(1000);
// The server ends a statement itself, a moment before we give up the connection.
constexpr std::chrono::milliseconds kMargin(500);
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

// As the contract has it, whatever the cause was: `conflict` means one thing only.
Error unavailable(const Error& error) {
  return Error{ErrorCode::unavailable, error.message};
}

}  // namespace

Result<std::unique_ptr<PostgresPasswordStore>> PostgresPasswordStore::open(PostgresPasswordSettings settings) {
  auto store = open_later(std::move(settings));
  const std::lock_guard lock(store->mutex_);
  if (auto connected = store->connect_now(); !connected) return connected.error();
  return store;
}

std::unique_ptr<PostgresPasswordStore> PostgresPasswordStore::open_later(PostgresPasswordSettings settings) {
  settings.connection.session = sql::session(settings.statement_limit);
  return std::unique_ptr<PostgresPasswordStore>(new PostgresPasswordStore(std::move(settings)));
}

// --- the connection

Status PostgresPasswordStore::connect_now() {
  auto connected = postgres::Connection::connect(settings_.connection);
  if (!connected) return connected.error();
  if (auto known = postgres::require_schema(**connected, migrations()); !known) return known.error();
  connection_ = std::move(*connected);
  return ok_status();
}

Status PostgresPasswordStore::connect() {
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

void PostgresPasswordStore::roll_back() {
  if (connection_) connection_->post("ROLLBACK");
}

Result<std::vector<Rows>> PostgresPasswordStore::start(const Pipeline& pipeline) {
  for (bool again = true;; again = false) {
    const bool connected_before = connection_ && connection_->usable();
    if (auto connected = connect(); !connected) return connected.error();
    auto results = connection_->run(pipeline, settings_.statement_limit + kMargin);
    if (results) return results;
    roll_back();
    const bool lost = !connection_->usable() && results.error().code != ErrorCode::timeout;
    if (!again || !lost || !connected_before) return unavailable(results.error());
  }
}

Status PostgresPasswordStore::finish(Pipeline pipeline) {
  pipeline.add(sql::kCommit);
  auto results = connection_->run(pipeline, settings_.statement_limit + kMargin);
  if (results && results->back().command() == "COMMIT") return ok_status();
  roll_back();
  if (!results) return unavailable(results.error());
  return Error{ErrorCode::unavailable, "PostgreSQL rolled the change back"};
}

Result<std::uint64_t> PostgresPasswordStore::write(const postgres::Statement& statement, Params params) {
  const std::lock_guard lock(mutex_);
  Pipeline pipeline;
  pipeline.add(sql::kBegin);
  pipeline.add(statement, std::move(params));
  const auto results = start(pipeline);
  if (!results) return results.error();
  if (auto done = finish(); !done) return done.error();
  return results->back().affected();
}

// --- the contract

Result<Stored> PostgresPasswordStore::load() {
  Pipeline pipeline;
  pipeline.add(sql::kBeginSnapshot);
  const auto state_at = pipeline.add(sql::kReadState);
  const auto destinations_at = pipeline.add(sql::kReadDestinations);
  const auto passwords_at = pipeline.add(sql::kReadPasswords);
  const auto done_at = pipeline.add(sql::kReadDone);
  pipeline.add(sql::kCommit);
  const auto results = [&] {
    const std::lock_guard lock(mutex_);
    return start(pipeline);
  }();
  if (!results) return results.error();

  Stored stored;
  const auto& state = (*results)[state_at];
  if (state.size() != 1) return Error{ErrorCode::unavailable, "the table auth_state has no row"};
  stored.generation = static_cast<std::uint64_t>(state.int8(0, 0));
  stored.policy_version = static_cast<std::uint64_t>(state.int8(0, 1));
  stored.policy.new_queues = state.boolean(0, 2);
  stored.policy.proxy = state.boolean(0, 3);
  const auto& destinations = (*results)[destinations_at];
  for (std::size_t row = 0; row < destinations.size(); ++row) {
    stored.policy.proxy_destinations.emplace_back(destinations.text(row, 0));
  }
  const auto& passwords = (*results)[passwords_at];
  for (std::size_t row = 0; row < passwords.size(); ++row) {
    auto password = decode_password(passwords, row);
    if (!password) return password.error();
    stored.passwords.push_back(*std::move(password));
  }
  const auto& done = (*results)[done_at];
  for (std::size_t row = 0; row < done.size(); ++row) {
    auto request = decode_done(done, row);
    if (!request) return request.error();
    stored.done.push_back(*std::move(request));
  }
  return stored;
}

Result<std::uint64_t> PostgresPasswordStore::generation() {
  Pipeline pipeline;
  pipeline.add(sql::kReadGeneration);
  const std::lock_guard lock(mutex_);
  const auto results = start(pipeline);
  if (!results) return results.error();
  if (results->front().size() != 1) return Error{ErrorCode::unavailable, "the table auth_state has no row"};
  return static_cast<std::uint64_t>(results->front().int8(0, 0));
}

Status PostgresPasswordStore::commit(const Change& change) {
  Pipeline rest;
  for (const auto& password : change.passwords) rest.add(sql::kPutPassword, encode_password(password));
  if (change.policy) rest.add(sql::kSetPolicy, encode_policy(*change.policy));
  rest.add(sql::kForgetDone, Params().add(change.forget_done_before));
  if (change.done) rest.add(sql::kPutDone, encode_done(*change.done));
  rest.add(sql::kAppendAudit, encode_audit(change.audit));

  Pipeline first;
  first.add(sql::kBegin);
  first.add(sql::kAdvance, Params().add(static_cast<std::int64_t>(change.expected_generation)));
  const std::lock_guard lock(mutex_);
  const auto advanced = start(first);
  if (!advanced) return advanced.error();
  if (advanced->back().affected() != 1) {
    roll_back();
    return Error{ErrorCode::conflict, "something else was changed at the same time; try again"};
  }
  return finish(std::move(rest));
}

Status PostgresPasswordStore::add_uses(std::span<const Use> uses) {
  if (uses.empty()) return ok_status();
  const auto written = write(sql::kAddUses, encode_uses(uses));
  if (!written) return written.error();
  return ok_status();
}

Status PostgresPasswordStore::append_audit(const AuditEntry& entry) {
  const auto written = write(sql::kAppendAudit, encode_audit(entry));
  if (!written) return written.error();
  return ok_status();
}

Result<AuditPage> PostgresPasswordStore::audit(std::int64_t since, std::uint64_t from, std::size_t limit) {
  const auto newest = from == 0 || from > static_cast<std::uint64_t>(kMost) ? kMost : static_cast<std::int64_t>(from);
  // One more, which says where to go on.
  const auto count = std::min<std::size_t>(limit, static_cast<std::size_t>(kMost) - 1) + 1;
  Pipeline pipeline;
  pipeline.add(sql::kReadAudit, Params().add(since).add(newest).add(static_cast<std::int64_t>(count)));
  const auto results = [&] {
    const std::lock_guard lock(mutex_);
    return start(pipeline);
  }();
  if (!results) return results.error();
  const auto& rows = results->front();
  AuditPage page;
  for (std::size_t row = 0; row < std::min(rows.size(), limit); ++row) page.entries.push_back(decode_audit(rows, row));
  if (rows.size() > limit) page.next = static_cast<std::uint64_t>(rows.int8(limit, 6));
  return page;
}

Result<std::uint64_t> PostgresPasswordStore::expire_audit(std::int64_t before) {
  return write(sql::kExpireAudit, Params().add(before));
}

}  // namespace sotto::auth
