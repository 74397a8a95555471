// What PostgresQueueTransaction sends: the difference between what it knows and what the database has.
#include <algorithm>

#include "services/queue/storage/postgres/postgres_queue_store.hpp"
#include "services/queue/storage/postgres/postgres_queue_transaction.hpp"
#include "services/queue/storage/postgres/statements.hpp"

namespace sotto::queue {

using postgres::Params;
using postgres::Pipeline;

void PostgresQueueTransaction::collect_queue(const RecipientId& id, Queue& queue, ChangeSet& changes) {
  if (queue.erased) changes.erase_queue(id);
  if (queue.record) {
    if (!queue.stored) {
      changes.insert_queue(*queue.record, queue.counters);
    } else {
      if (queue.record_change == RecordChange::whole) changes.update_record(*queue.record);
      if (queue.record_change == RecordChange::sender_key) changes.update_sender_key(*queue.record);
      if (queue.counters != queue.stored_counters) changes.update_counters(id, queue.counters);
    }
    if (queue.link.changed && queue.link.value) changes.put_link(id, *queue.link.value);
    if (queue.link.changed && !queue.link.value && queue.stored) changes.erase_link(id);
    const std::int64_t removed_end = std::min(queue.counters.head, queue.first_appended);
    if (queue.stored && queue.stored_counters.head < removed_end) {
      changes.remove_messages(id, queue.stored_counters.head, removed_end);
    }
    for (std::size_t i = 0; i < queue.appended.size(); ++i) {
      if (!queue.appended[i]) continue;
      const std::int64_t sequence = queue.first_appended + static_cast<std::int64_t>(i);
      changes.insert_message(id, sequence, queue.appended[i]);
      queue.loaded[sequence] = std::move(queue.appended[i]);
    }
  }
  queue.stored = queue.record != nullptr;
  queue.erased = queue.link.changed = false;
  queue.record_change = RecordChange::none;
  queue.stored_counters = queue.counters;
  queue.first_appended = queue.counters.next;
  queue.appended.clear();
}

void PostgresQueueTransaction::collect_changes(Pipeline& pipeline) {
  ChangeSet changes(store_.keys_);
  for (auto& [id, queue] : queues_) {
    if (queue.changed()) collect_queue(id, queue, changes);
  }
  for (auto& [key, map] : id_maps_) {
    if (!map.changed) continue;
    if (map.unmaps) changes.unmap_id(key.first, key.second);
    if (map.queue) changes.map_id(key.first, key.second, *map.queue);
    map.changed = map.unmaps = false;
  }
  const std::size_t before = pipeline.size();
  changes.move_to(pipeline);
  collect_services(pipeline);
  sent_ = sent_ || pipeline.size() > before;
}

Status PostgresQueueTransaction::commit() {
  if (failed_) return Error{ErrorCode::unavailable, "a transaction that failed cannot be committed"};
  const bool had_begun = begun_;
  Pipeline changes;
  begin_with(changes);
  collect_changes(changes);
  if (!sent_) {  // nothing to make durable
    if (had_begun) store_.roll_back();
    begun_ = false;
    return ok_status();
  }
  if (queues_added_ != 0 || messages_added_ != 0) {
    Params params;
    params.add(store_.draw_slot()).add(queues_added_).add(messages_added_);
    changes.add(sql::kAddTotals, std::move(params));
  }
  const bool reads_totals = store_.totals_are_old();
  const std::size_t totals = reads_totals ? changes.add(sql::kReadTotals) : 0;
  const std::size_t committed = changes.add(sql::kCommit);
  auto results = run(changes);
  if (!results) {
    const bool taken = results.error().code == ErrorCode::conflict;
    return Error{taken ? ErrorCode::conflict : ErrorCode::unavailable, results.error().message};
  }
  begun_ = false;
  if ((*results)[committed].command() != "COMMIT") {
    return failed({ErrorCode::unavailable, "PostgreSQL rolled the transaction back"});
  }
  if (reads_totals) {
    store_.set_totals((*results)[totals]);
  } else {
    store_.add_totals(queues_added_, messages_added_);
  }
  return ok_status();
}

}  // namespace sotto::queue
