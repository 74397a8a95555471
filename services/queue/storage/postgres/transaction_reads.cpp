// What PostgresQueueTransaction reads: everything that was announced at once, the rest when it is asked for.
#include <algorithm>
#include <iterator>

#include "services/queue/storage/postgres/postgres_queue_store.hpp"
#include "services/queue/storage/postgres/postgres_queue_transaction.hpp"
#include "services/queue/storage/postgres/statements.hpp"

namespace sotto::queue {
namespace {

using postgres::Params;
using postgres::Pipeline;
using postgres::Rows;
using postgres::Statement;
using Need = Touch::Need;

// Messages that are read together when a queue is walked.
constexpr std::int64_t kWalkedMessages = 16;
// Queues that one round of expire() locks, and that all rounds of one call may look at, unless the limit is higher:
// bounds a transaction that finds little to remove.
constexpr std::int64_t kExpiryRound = 100;
constexpr std::size_t kMinExpiryVisits = 1000;

void sort_unique(std::vector<RecipientId>& ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

void remove_all(std::vector<RecipientId>& from, const std::vector<RecipientId>& what) {
  std::vector<RecipientId> rest;
  std::set_difference(from.begin(), from.end(), what.begin(), what.end(), std::back_inserter(rest));
  from = std::move(rest);
}

postgres::Array array_of(const std::vector<ByteView>& ids) {
  postgres::Array array(postgres::Array::Element::bytea, ids.size(), ids.size() * kIdSize);
  for (const auto& id : ids) array.add(id);
  return array;
}

}  // namespace

// Ids in order; each in one of locked, heads and records.
struct PostgresQueueTransaction::Announced {
  std::vector<RecipientId> locked;
  std::vector<ByteView> locked_by_sender;  // sender ids of queues that are locked, too
  std::vector<RecipientId> locked_heads;   // of these, those whose oldest message is wanted
  std::vector<RecipientId> popped;         // and those whose next message is wanted
  std::vector<RecipientId> heads;
  std::vector<RecipientId> records;
  std::vector<RecipientId> fresh;                // drawn at random: not asked for
  std::map<Role, std::vector<ByteView>> others;  // by sender, notifier and link id
  std::map<Role, std::vector<ByteView>> fresh_others;
};

PostgresQueueTransaction::Announced PostgresQueueTransaction::sort_out(std::span<const Touch> touched) {
  Announced out;
  for (const auto& touch : touched) {
    if (touch.role != Role::recipient) {
      auto& ids = touch.need == Need::change  ? out.locked_by_sender
                  : touch.need == Need::fresh ? out.fresh_others[touch.role]
                                              : out.others[touch.role];
      ids.emplace_back(touch.id);
      continue;
    }
    const RecipientId id{touch.id};
    switch (touch.need) {
      case Need::record:
      case Need::absent:
      case Need::state:
        out.records.push_back(id);
        break;
      case Need::fresh:
        out.fresh.push_back(id);
        break;
      case Need::head:
        out.heads.push_back(id);
        break;
      case Need::pop:
        out.popped.push_back(id);
        [[fallthrough]];
      case Need::change:
        out.locked.push_back(id);
        break;
    }
  }
  for (auto* ids : {&out.locked, &out.popped, &out.heads, &out.records}) sort_unique(*ids);
  std::set_intersection(out.heads.begin(), out.heads.end(), out.locked.begin(), out.locked.end(),
                        std::back_inserter(out.locked_heads));
  remove_all(out.heads, out.locked);
  remove_all(out.records, out.locked);
  remove_all(out.records, out.heads);
  return out;
}

Status PostgresQueueTransaction::read(std::span<const Touch> touched) {
  const Announced announced = sort_out(touched);
  Pipeline pipeline;
  std::vector<Taker> takers;
  const auto ask = [&](const Statement& statement, Params params, Taker taker) {
    takers.resize(pipeline.size());
    pipeline.add(statement, std::move(params));
    takers.push_back(std::move(taker));
  };
  const auto ask_queues = [&](const Statement& statement, const std::vector<RecipientId>& ids, bool locked) {
    if (ids.empty()) return;
    for (const auto& id : ids) queues_.try_emplace(id);
    ask(statement, ids_param(ids), [this, locked](const Rows& rows) { return take_queues(rows, locked); });
  };

  // Locked ones first: whatever is read behind the locks is then read as it stays.
  if (!announced.locked.empty() || !announced.locked_by_sender.empty()) begin_with(pipeline);
  if (announced.locked_by_sender.empty()) {
    ask_queues(sql::kLockQueues, announced.locked, true);
  } else {
    for (const auto& id : announced.locked) queues_.try_emplace(id);
    for (const auto& id : announced.locked_by_sender) id_map(Role::sender, id);  // unknown unless there is a row
    Params params = ids_param(announced.locked);
    params.add(array_of(announced.locked_by_sender));
    ask(sql::kLockQueuesBySender, std::move(params), [this](const Rows& rows) { return take_locked(rows); });
  }
  if (!announced.locked_heads.empty()) {
    ask(sql::kReadHeads, ids_param(announced.locked_heads),
        [this](const Rows& rows) { return take_messages(rows, kQueueColumns); });
  }
  if (!announced.popped.empty()) {
    ask(sql::kReadNext, ids_param(announced.popped), [this](const Rows& rows) { return take_messages(rows, 0); });
  }
  if (!announced.heads.empty()) {
    for (const auto& id : announced.heads) queues_.try_emplace(id);
    ask(sql::kReadHeads, ids_param(announced.heads), [this](const Rows& rows) {
      auto taken = take_queues(rows, false);
      return taken ? take_messages(rows, kQueueColumns) : taken;
    });
  }
  ask_queues(sql::kReadQueues, announced.records, false);
  for (const auto& [role, ids] : announced.others) {
    Params params;
    params.add(array_of(ids));
    for (const auto& id : ids) id_map(role, id);  // unknown unless the database says otherwise
    ask(sql::read_by(role), std::move(params),
        [this, role = role](const Rows& rows) { return take_resolved(role, rows); });
  }
  for (const auto& id : announced.fresh) queues_.try_emplace(id);
  for (const auto& [role, ids] : announced.fresh_others) {
    for (const auto& id : ids) id_map(role, id);
  }
  if (auto taken = read_announced(pipeline, takers); !taken) return taken;
  // What was asked for and has no row does not exist.
  for (auto& [id, queue] : queues_) queue.known = true;
  for (const auto& id : announced.locked) queues_[id].locked = true;
  return ok_status();
}

Status PostgresQueueTransaction::read_announced(Pipeline& pipeline, const std::vector<Taker>& takers) {
  if (pipeline.empty()) return ok_status();
  auto results = run(pipeline);
  if (!results) return results.error();
  for (std::size_t i = 0; i < takers.size(); ++i) {
    if (!takers[i]) continue;
    if (auto taken = takers[i]((*results)[i]); !taken) return failed(taken.error());
  }
  return ok_status();
}

void PostgresQueueTransaction::begin_with(Pipeline& pipeline) {
  if (begun_) return;
  pipeline.add(sql::kBegin);
  begun_ = true;
}

Result<std::vector<Rows>> PostgresQueueTransaction::run(Pipeline& pipeline) {
  if (failed_) return Error{ErrorCode::unavailable, "a transaction that failed cannot go on"};
  auto results = store_.run(pipeline);
  if (!results) return failed(results.error());
  return results;
}

Result<Rows> PostgresQueueTransaction::run_for_last(Pipeline& pipeline) {
  auto results = run(pipeline);
  if (!results) return Error{ErrorCode::unavailable, results.error().message};
  return std::move(results->back());
}

Result<Rows> PostgresQueueTransaction::ask(const Statement& statement, Params params) {
  Pipeline pipeline;
  pipeline.add(statement, std::move(params));
  return run_for_last(pipeline);
}

void PostgresQueueTransaction::set_row(Queue& queue, QueueRow row) {
  queue.known = queue.stored = true;
  queue.record = std::move(row.record);
  queue.counters = row.counters;
  queue.stored_counters = row.counters;
  queue.first_appended = row.counters.next;
}

Status PostgresQueueTransaction::take_queues(const Rows& rows, bool locked) {
  RecipientId last;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    auto id = decode_recipient(rows, row, 0);
    if (!id) return id.error();
    if (row > 0 && *id == last) continue;  // another part of the same message
    last = *id;
    Queue& queue = queues_[*id];
    if (queue.known) continue;
    auto decoded = decode_queue(rows, row, store_.keys_);
    if (!decoded) return decoded.error();
    set_row(queue, std::move(*decoded));
    queue.locked = locked;
  }
  return ok_status();
}

Status PostgresQueueTransaction::take_locked(const Rows& rows) {
  auto taken = take_queues(rows, true);
  if (!taken) return taken;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    auto recipient = decode_recipient(rows, row, 0);
    if (!recipient) return recipient.error();
    const Queue& queue = queues_[*recipient];
    id_map(Role::sender, queue.record->sender_id.view()).queue = *recipient;
  }
  return ok_status();
}

Status PostgresQueueTransaction::take_messages(const Rows& rows, int column) {
  auto decoded = decode_messages(rows, column);
  if (!decoded) return decoded.error();
  for (auto& row : *decoded) queues_[row.queue].loaded[row.sequence] = std::move(row.message);
  return ok_status();
}

Status PostgresQueueTransaction::take_resolved(Role role, const Rows& rows) {
  for (std::size_t row = 0; row < rows.size(); ++row) {
    auto recipient = decode_recipient(rows, row, 0);
    if (!recipient) return recipient.error();
    IdMap& map = id_map(role, rows.bytes(row, kQueueColumns));
    if (!map.changed) map.queue = *recipient;
  }
  return take_queues(rows, false);
}

Result<PostgresQueueTransaction::Queue*> PostgresQueueTransaction::load(const RecipientId& id) {
  Queue& queue = queues_[id];
  if (queue.known) return &queue;
  const auto rows = ask(sql::kReadQueues, ids_param({id}));
  if (!rows) return rows.error();
  if (auto taken = take_queues(*rows, false); !taken) return failed(taken.error());
  queue.known = true;
  return &queue;
}

Result<PostgresQueueTransaction::Queue*> PostgresQueueTransaction::lock(const RecipientId& id) {
  Queue& queue = queues_[id];
  if (queue.locked) return &queue;
  Pipeline pipeline;
  begin_with(pipeline);
  pipeline.add(sql::kLockQueues, ids_param({id}));
  const auto rows = run_for_last(pipeline);
  if (!rows) return rows.error();
  std::optional<QueueRow> row;
  if (rows->size() > 0) {
    auto decoded = decode_queue(*rows, 0, store_.keys_);
    if (!decoded) return failed(decoded.error());
    row = std::move(*decoded);
  }
  if (queue.known) {
    const bool same = row.has_value() == queue.stored &&
                      (!row || (row->record->version == queue.record->version && row->counters == queue.counters));
    if (!same) return failed({ErrorCode::unavailable, "a queue was changed by another process while it was read"});
  } else if (row) {
    set_row(queue, std::move(*row));
  }
  queue.known = queue.locked = true;
  return &queue;
}

Result<std::optional<RecipientId>> PostgresQueueTransaction::resolve(Role role, ByteView id) {
  if (id.size() != kIdSize) return std::optional<RecipientId>();
  if (role == Role::recipient) {
    const auto recipient = RecipientId::from(id);
    auto record = find(*recipient);
    if (!record) return record.error();
    return *record ? recipient : std::nullopt;
  }
  IdKey key{role, {}};
  std::copy(id.begin(), id.end(), key.second.begin());
  if (const auto known = id_maps_.find(key); known != id_maps_.end()) return known->second.queue;
  postgres::Array array(postgres::Array::Element::bytea);
  array.add(id);
  Params params;
  params.add(std::move(array));
  const auto rows = ask(sql::read_by(role), std::move(params));
  if (!rows) return rows.error();
  if (auto taken = take_resolved(role, *rows); !taken) return failed(taken.error());
  return id_map(role, id).queue;
}

Result<std::optional<LinkBlob>> PostgresQueueTransaction::link(const RecipientId& queue) {
  Link& link = queues_[queue].link;
  if (link.known) return link.value;
  Params params;
  params.add(queue.view());
  const auto rows = ask(sql::kReadLink, std::move(params));
  if (!rows) return rows.error();
  if (rows->size() > 0)
    link.value = LinkBlob{.fixed = to_bytes(rows->bytes(0, 0)), .user = to_bytes(rows->bytes(0, 1))};
  link.known = true;
  return link.value;
}

Status PostgresQueueTransaction::load_head(const RecipientId& id, Queue& queue) {
  const QueueCounters& counters = queue.counters;
  if (counters.head >= queue.first_appended || queue.loaded.contains(counters.head)) return ok_status();
  // Who has removed a message probably goes on.
  const std::int64_t count = counters.head == queue.stored_counters.head ? 1 : kWalkedMessages;
  Params params;
  params.add(id.view()).add(counters.head).add(std::min(counters.head + count, queue.first_appended));
  const auto rows = ask(sql::kReadMessages, std::move(params));
  if (!rows) return rows.error();
  if (auto taken = take_messages(*rows, 0); !taken) return failed(taken.error());
  if (queue.loaded.contains(counters.head)) return ok_status();
  if (queue.locked) return failed(damaged("its oldest message is missing"));
  return failed({ErrorCode::unavailable, "a queue was changed by another process while it was read"});
}

Status PostgresQueueTransaction::expire_queue(const RecipientId& id, Queue& queue, const Rows& times, std::size_t& row,
                                              std::int64_t cutoff, std::size_t limit, Expired& expired) {
  QueueCounters& counters = queue.counters;
  bool saw_head = counters.empty();
  for (; row < times.size() && equal(times.bytes(row, 0), id.view()); ++row) {
    if (counters.empty() || times.int8(row, 1) != counters.head) continue;  // behind the end of the walk
    saw_head = true;
    const std::int64_t seconds = times.int8(row, 2);
    auto message_id = decode_message_id(times, row, 3);
    if (!message_id) return message_id.error();
    counters.expires_from = seconds;
    counters.head_id = *message_id;
    if (seconds >= cutoff || expired.more) continue;
    if (expired.messages == limit) {
      expired.more = true;
      continue;
    }
    remove_head(queue);
    ++expired.messages;
    saw_head = counters.empty();
  }
  if (!saw_head) return damaged("its oldest message is missing");
  if (counters.empty()) counters.expires_from.reset();
  return ok_status();
}

Result<Expired> PostgresQueueTransaction::expire(std::int64_t cutoff, std::size_t limit) {
  Expired expired;
  const std::size_t most_visits = std::max(limit, kMinExpiryVisits);
  for (std::size_t visits = 0; !expired.more;) {
    Pipeline pipeline;
    begin_with(pipeline);
    // What this transaction changed so far must be in the index that is searched.
    collect_changes(pipeline);
    Params params;
    params.add(cutoff).add(kExpiryRound);
    pipeline.add(sql::kLockExpired, std::move(params));
    const auto found = run_for_last(pipeline);
    if (!found) return found.error();
    if (found->size() == 0) break;

    std::vector<RecipientId> ids;
    for (std::size_t row = 0; row < found->size(); ++row) {
      auto decoded = decode_queue(*found, row, store_.keys_);
      if (!decoded) return failed(decoded.error());
      const RecipientId id = decoded->record->recipient_id;
      Queue& queue = queues_[id];
      set_row(queue, std::move(*decoded));
      queue.locked = true;
      ids.push_back(id);
    }
    sort_unique(ids);
    visits += ids.size();
    Params times_params = ids_param(ids);
    times_params.add(static_cast<std::int64_t>(limit - expired.messages + 1));
    const auto times = ask(sql::kReadTimes, std::move(times_params));
    if (!times) return times.error();
    std::size_t row = 0;
    for (const auto& id : ids) {
      auto done = expire_queue(id, queues_[id], *times, row, cutoff, limit, expired);
      if (!done) return failed(done.error());
    }
    if (found->size() < static_cast<std::size_t>(kExpiryRound)) break;
    if (visits >= most_visits) expired.more = true;
  }
  return expired;
}

}  // namespace sotto::queue
