#include "services/queue/storage/postgres/postgres_queue_transaction.hpp"

#include <algorithm>
#include <memory>

#include "services/queue/storage/postgres/postgres_queue_store.hpp"

namespace sotto::queue {

PostgresQueueTransaction::PostgresQueueTransaction(PostgresQueueStore& store) : store_(store) {}

PostgresQueueTransaction::~PostgresQueueTransaction() {
  if (begun_) store_.roll_back();
}

Error PostgresQueueTransaction::failed(Error error) {
  failed_ = true;
  return error;
}

bool PostgresQueueTransaction::Queue::changed() const {
  return erased || record_change != RecordChange::none || link.changed || !appended.empty() ||
         (stored && counters != stored_counters);
}

PostgresQueueTransaction::IdMap& PostgresQueueTransaction::id_map(Role role, ByteView id) {
  IdKey key{role, {}};
  std::copy_n(id.begin(), std::min(id.size(), kIdSize), key.second.begin());
  return id_maps_[key];
}

void PostgresQueueTransaction::map_id(Role role, ByteView id, const RecipientId& queue) {
  IdMap& map = id_map(role, id);
  map.queue = queue;
  map.changed = true;
}

void PostgresQueueTransaction::unmap_id(Role role, ByteView id) {
  IdMap& map = id_map(role, id);
  map.queue.reset();
  map.changed = true;
  map.unmaps = true;
}

Result<RecordPtr> PostgresQueueTransaction::find(const RecipientId& id) {
  auto queue = load(id);
  if (!queue) return queue.error();
  return (*queue)->record;
}

Status PostgresQueueTransaction::insert(const QueueRecord& record) {
  const RecipientId& id = record.recipient_id;
  Queue& queue = queues_[id];
  queue.known = queue.locked = true;
  queue.record_change = RecordChange::whole;
  queue.record = std::make_shared<const QueueRecord>(record);
  service_changes_.inserted(record);
  map_id(Role::sender, record.sender_id.view(), id);
  if (record.notifier) map_id(Role::notifier, record.notifier->id.view(), id);
  if (record.link_id) map_id(Role::link, record.link_id->view(), id);
  ++queues_added_;
  return ok_status();
}

PostgresQueueTransaction::RecordChange PostgresQueueTransaction::change_of(const QueueRecord& before,
                                                                           const QueueRecord& after) {
  if (before.sender_key || !after.sender_key) return RecordChange::whole;
  QueueRecord secured = before;
  secured.sender_key = after.sender_key;
  secured.version = after.version;
  return secured == after ? RecordChange::sender_key : RecordChange::whole;
}

Status PostgresQueueTransaction::update(const QueueRecord& before, const QueueRecord& after) {
  const RecipientId& id = after.recipient_id;
  auto locked = lock(id);
  if (!locked) return locked.error();
  Queue& queue = **locked;
  queue.record = std::make_shared<const QueueRecord>(after);
  queue.record_change = std::max(queue.record_change, change_of(before, after));
  service_changes_.updated(before, after);
  const bool same_notifier = before.notifier && after.notifier && before.notifier->id == after.notifier->id;
  if (!same_notifier) {
    if (before.notifier) unmap_id(Role::notifier, before.notifier->id.view());
    if (after.notifier) map_id(Role::notifier, after.notifier->id.view(), id);
  }
  if (before.link_id != after.link_id) {
    if (before.link_id) unmap_id(Role::link, before.link_id->view());
    if (after.link_id) map_id(Role::link, after.link_id->view(), id);
  }
  return ok_status();
}

Status PostgresQueueTransaction::erase(const QueueRecord& record) {
  auto locked = lock(record.recipient_id);
  if (!locked) return locked.error();
  Queue& queue = **locked;
  messages_added_ -= queue.counters.next - queue.counters.head;
  --queues_added_;
  service_changes_.erased(record);
  Queue gone;
  gone.known = gone.locked = gone.link.known = true;
  gone.erased = queue.erased || queue.stored;
  queue = std::move(gone);
  unmap_id(Role::sender, record.sender_id.view());
  if (record.notifier) unmap_id(Role::notifier, record.notifier->id.view());
  if (record.link_id) unmap_id(Role::link, record.link_id->view());
  return ok_status();
}

Status PostgresQueueTransaction::put_link(const RecipientId& queue, const LinkBlob& link) {
  auto locked = lock(queue);
  if (!locked) return locked.error();
  (*locked)->link = {.known = true, .changed = true, .value = link};
  return ok_status();
}

Status PostgresQueueTransaction::erase_link(const RecipientId& queue) {
  auto locked = lock(queue);
  if (!locked) return locked.error();
  (*locked)->link = {.known = true, .changed = true, .value = std::nullopt};
  return ok_status();
}

Result<QueueState> PostgresQueueTransaction::state(const RecipientId& queue) {
  auto loaded = load(queue);
  if (!loaded) return loaded.error();
  const QueueCounters& counters = (*loaded)->counters;
  return QueueState{.messages = static_cast<std::uint32_t>(counters.next - counters.head), .full = counters.full};
}

Status PostgresQueueTransaction::append(const RecipientId& queue, const MessagePtr& message, bool marks_full) {
  auto locked = lock(queue);
  if (!locked) return locked.error();
  Queue& entry = **locked;
  QueueCounters& counters = entry.counters;
  if (counters.empty()) {
    counters.unordered = false;
    counters.head_id = message->id;
  } else if (message->seconds < counters.last_seconds) {
    counters.unordered = true;
  }
  // Usually the queue has an entry already, of this message's time or before: the index is not touched.
  if (!counters.expires_from || message->seconds < *counters.expires_from) counters.expires_from = message->seconds;
  counters.last_seconds = message->seconds;
  counters.full = counters.full || marks_full;
  ++counters.next;
  entry.appended.push_back(message);
  ++messages_added_;
  return ok_status();
}

Result<MessagePtr> PostgresQueueTransaction::head(const RecipientId& queue) {
  auto loaded = load(queue);
  if (!loaded) return loaded.error();
  Queue& entry = **loaded;
  if (entry.counters.empty()) return MessagePtr();
  if (auto found = load_head(queue, entry); !found) return found.error();
  const std::int64_t sequence = entry.counters.head;
  if (sequence >= entry.first_appended)
    return entry.appended[static_cast<std::size_t>(sequence - entry.first_appended)];
  return entry.loaded.at(sequence);
}

Result<std::optional<MessageId>> PostgresQueueTransaction::head_id(const RecipientId& queue) {
  auto loaded = load(queue);
  if (!loaded) return loaded.error();
  const QueueCounters& counters = (*loaded)->counters;
  if (counters.empty() || counters.head_id) return counters.head_id;
  auto message = head(queue);
  if (!message) return message.error();
  return std::optional((*message)->id);
}

std::optional<MessageId> PostgresQueueTransaction::known_head_id(const Queue& queue) {
  const QueueCounters& counters = queue.counters;
  if (counters.empty()) return std::nullopt;
  if (counters.head >= queue.first_appended) {
    return queue.appended[static_cast<std::size_t>(counters.head - queue.first_appended)]->id;
  }
  const auto loaded = queue.loaded.find(counters.head);
  if (loaded == queue.loaded.end()) return std::nullopt;
  return loaded->second->id;
}

void PostgresQueueTransaction::remove_head(Queue& queue) {
  QueueCounters& counters = queue.counters;
  if (counters.head >= queue.first_appended) {
    queue.appended[static_cast<std::size_t>(counters.head - queue.first_appended)].reset();
  } else {
    queue.loaded.erase(counters.head);
  }
  ++counters.head;
  --messages_added_;
  counters.head_id = known_head_id(queue);
  if (counters.empty()) counters.full = counters.unordered = false;
}

Status PostgresQueueTransaction::pop(const RecipientId& queue) {
  auto locked = lock(queue);
  if (!locked) return locked.error();
  Queue& entry = **locked;
  remove_head(entry);
  // The place in the index stays: expire() moves it to the time of the head when that time has come, or takes it away.
  // It must only not be later than the head, which can happen when the clock stepped back.
  QueueCounters& counters = entry.counters;
  if (counters.unordered && !counters.empty()) {
    auto message = head(queue);
    if (!message) return message.error();
    counters.expires_from = std::min(counters.expires_from.value_or((*message)->seconds), (*message)->seconds);
  }
  return ok_status();
}

}  // namespace sotto::queue
