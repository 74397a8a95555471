#include "services/queue/storage/rocksdb/rocksdb_queue_transaction.hpp"

#include <algorithm>
#include <utility>

#include "services/queue/storage/rocksdb/rocksdb_queue_store.hpp"

namespace sotto::queue {
namespace {

using rocks::CacheUse;
using rocks::Family;

// Queues that one expire() looks at, at least, before it asks to be called again; more when its limit is higher. Bounds
// the memory of a transaction that finds little to remove.
constexpr std::size_t kMinExpiryVisits = 1000;

std::string map_key(Role role, ByteView id) {
  const auto key = id_map_key(role, id);
  return std::string(as_text(key.view()));
}

}  // namespace

RocksDbQueueTransaction::RocksDbQueueTransaction(RocksDbQueueStore& store) : store_(store), batch_(*store.database_) {}

Error RocksDbQueueTransaction::failed(Error error) {
  failed_ = true;
  return error;
}

Status RocksDbQueueTransaction::load_record(const RecipientId& id, Queue& queue) {
  if (queue.record.known) return ok_status();
  if (const auto* known = store_.known_.find(id); known != nullptr && known->record) {
    queue.record.value = known->record;
    queue.record.known = true;
    return ok_status();
  }
  const auto key = record_key(id);
  auto found = store_.database_->read(Family::queues, key.view(), [&](ByteView value) -> Status {
    auto record = decode_record(id, value);
    if (!record) return record.error();
    queue.record.value = std::move(*record);
    return ok_status();
  });
  if (!found) return failed(found.error());
  queue.record.known = true;
  if (queue.record.value) store_.known_.at(id).record = queue.record.value;
  return ok_status();
}

Result<KnownQueue::Counters> RocksDbQueueTransaction::read_counters(const RecipientId& id) {
  if (const auto* known = store_.known_.find(id); known != nullptr && known->counters) return *known->counters;
  KnownQueue::Counters counters;
  const auto key = counters_key(id);
  auto found = store_.database_->read(Family::queues, key.view(), [&](ByteView value) -> Status {
    auto decoded = decode_counters(value);
    if (!decoded) return decoded.error();
    counters.value = *decoded;
    return ok_status();
  });
  if (!found) return failed(found.error());
  counters.stored = *found;
  // Of a queue that does not exist there is nothing to know.
  if (counters.stored) store_.known_.at(id).counters = counters;
  return counters;
}

Result<RocksDbQueueTransaction::Queue*> RocksDbQueueTransaction::with_counters(const RecipientId& id) {
  Queue& queue = queues_[id];
  if (queue.counters.known) return &queue;
  auto counters = read_counters(id);
  if (!counters) return counters.error();
  queue.counters.known = true;
  queue.counters.value = counters->value;
  queue.stored_counters = counters->stored;
  queue.stored_index = queue.counters.value.indexed;
  queue.first_appended = queue.counters.value.next;
  return &queue;
}

Result<RecordPtr> RocksDbQueueTransaction::find(const RecipientId& id) {
  Queue& queue = queues_[id];
  if (auto loaded = load_record(id, queue); !loaded) return loaded.error();
  return queue.record.value;
}

Result<std::optional<RecipientId>> RocksDbQueueTransaction::resolve(Role role, ByteView id) {
  if (role == Role::recipient) {
    const auto recipient = RecipientId::from(id);
    if (!recipient) return std::optional<RecipientId>();
    auto record = find(*recipient);
    if (!record) return record.error();
    return *record ? recipient : std::nullopt;
  }
  if (id.size() != kIdSize) return std::optional<RecipientId>();
  const std::string key = map_key(role, id);
  if (const auto changed = id_maps_.find(key); changed != id_maps_.end()) return changed->second;
  std::optional<RecipientId> out;
  auto found = store_.database_->read(Family::queues, as_bytes(key), [&](ByteView value) -> Status {
    auto recipient = decode_id_map(value);
    if (!recipient) return recipient.error();
    out = *recipient;
    return ok_status();
  });
  if (!found) return failed(found.error());
  return out;
}

void RocksDbQueueTransaction::map_id(Role role, ByteView id, std::optional<RecipientId> queue) {
  id_maps_[map_key(role, id)] = queue;
}

Status RocksDbQueueTransaction::insert(const QueueRecord& record) {
  const RecipientId& id = record.recipient_id;
  queues_[id].record.set(std::make_shared<const QueueRecord>(record));
  service_changes_.inserted(record);
  map_id(Role::sender, record.sender_id.view(), id);
  if (record.notifier) map_id(Role::notifier, record.notifier->id.view(), id);
  if (record.link_id) map_id(Role::link, record.link_id->view(), id);
  ++queues_added_;
  return ok_status();
}

Status RocksDbQueueTransaction::update(const QueueRecord& before, const QueueRecord& after) {
  const RecipientId& id = after.recipient_id;
  queues_[id].record.set(std::make_shared<const QueueRecord>(after));
  service_changes_.updated(before, after);
  const bool same_notifier = before.notifier && after.notifier && before.notifier->id == after.notifier->id;
  if (!same_notifier) {
    if (before.notifier) map_id(Role::notifier, before.notifier->id.view(), std::nullopt);
    if (after.notifier) map_id(Role::notifier, after.notifier->id.view(), id);
  }
  if (before.link_id != after.link_id) {
    if (before.link_id) map_id(Role::link, before.link_id->view(), std::nullopt);
    if (after.link_id) map_id(Role::link, after.link_id->view(), id);
  }
  return ok_status();
}

Status RocksDbQueueTransaction::erase(const QueueRecord& record) {
  const RecipientId& id = record.recipient_id;
  auto loaded = with_counters(id);
  if (!loaded) return loaded.error();
  Queue& queue = **loaded;
  // One removal a message: their number is bounded by the quota, and every reader of the family would have to carry the
  // tombstones of removed ranges.
  while (queue.counters.value.head != queue.counters.value.next) remove_head(id, queue);
  queue.counters.set(StoredCounters{});
  queue.first_appended = 0;
  queue.appended.clear();
  queue.record.set(nullptr);
  queue.link.set(std::nullopt);
  map_id(Role::sender, record.sender_id.view(), std::nullopt);
  if (record.notifier) map_id(Role::notifier, record.notifier->id.view(), std::nullopt);
  if (record.link_id) map_id(Role::link, record.link_id->view(), std::nullopt);
  service_changes_.erased(record);
  --queues_added_;
  return ok_status();
}

Status RocksDbQueueTransaction::put_link(const RecipientId& queue, const LinkBlob& link) {
  queues_[queue].link.set(link);
  return ok_status();
}

Result<std::optional<LinkBlob>> RocksDbQueueTransaction::link(const RecipientId& queue) {
  auto& row = queues_[queue].link;
  if (row.known) return row.value;
  const auto key = link_key(queue);
  auto found = store_.database_->read(Family::queues, key.view(), [&](ByteView value) -> Status {
    auto link = decode_link(value);
    if (!link) return link.error();
    row.value = std::move(*link);
    return ok_status();
  });
  if (!found) return failed(found.error());
  row.known = true;
  return row.value;
}

Status RocksDbQueueTransaction::erase_link(const RecipientId& queue) {
  queues_[queue].link.set(std::nullopt);
  return ok_status();
}

Result<QueueState> RocksDbQueueTransaction::state(const RecipientId& queue) {
  auto loaded = with_counters(queue);
  if (!loaded) return loaded.error();
  const StoredCounters& counters = (*loaded)->counters.value;
  return QueueState{.messages = static_cast<std::uint32_t>(counters.next - counters.head), .full = counters.full};
}

Status RocksDbQueueTransaction::append(const RecipientId& queue, const MessagePtr& message, bool marks_full) {
  auto loaded = with_counters(queue);
  if (!loaded) return loaded.error();
  Queue& entry = **loaded;
  entry.counters.changed = true;
  StoredCounters& counters = entry.counters.value;
  if (counters.head == counters.next) {
    counters.unordered = false;
  } else if (message->seconds < counters.last_seconds) {
    counters.unordered = true;
  }
  // Usually the queue has an entry already, of this message's time or before: no write per message.
  if (!counters.indexed || message->seconds < *counters.indexed) counters.indexed = message->seconds;
  counters.last_seconds = message->seconds;
  counters.full = counters.full || marks_full;
  ++counters.next;
  entry.appended.push_back(message);
  ++messages_added_;
  return ok_status();
}

Result<MessagePtr> RocksDbQueueTransaction::head(const RecipientId& queue) {
  auto loaded = with_counters(queue);
  if (!loaded) return loaded.error();
  const Queue& entry = **loaded;
  const StoredCounters& counters = entry.counters.value;
  if (counters.head == counters.next) return MessagePtr();
  if (counters.head >= entry.first_appended) return entry.appended[counters.head - entry.first_appended];
  // By exact key: an iterator would walk over the remains of removed messages.
  MessagePtr message;
  const auto key = message_key(queue, counters.head);
  auto found = store_.database_->read(Family::messages, key.view(), [&](ByteView value) -> Status {
    auto decoded = decode_message(value);
    if (!decoded) return decoded.error();
    message = std::move(*decoded);
    return ok_status();
  });
  if (!found) return failed(found.error());
  if (!*found) return failed(rocks::RowReader::damaged("a queue (its oldest message is missing)"));
  return message;
}

Result<MessageLabel> RocksDbQueueTransaction::head_label(const RecipientId& id, const Queue& queue) {
  const StoredCounters& counters = queue.counters.value;
  if (counters.head >= queue.first_appended) {
    const auto& message = *queue.appended[counters.head - queue.first_appended];
    return MessageLabel{message.id, message.seconds};
  }
  const auto* known = store_.known_.find(id);
  if (known != nullptr && known->head && known->head->sequence == counters.head) return known->head->label;
  MessageLabel label;
  const auto key = message_key(id, counters.head);
  auto found = store_.database_->read(
      Family::messages, key.view(),
      [&](ByteView value) -> Status {
        auto decoded = decode_message_label(value);
        if (!decoded) return decoded.error();
        label = *decoded;
        return ok_status();
      },
      CacheUse::skip);
  if (!found) return failed(found.error());
  if (!*found) return failed(rocks::RowReader::damaged("a queue (its oldest message is missing)"));
  return label;
}

Result<std::optional<MessageId>> RocksDbQueueTransaction::head_id(const RecipientId& queue) {
  auto loaded = with_counters(queue);
  if (!loaded) return loaded.error();
  const StoredCounters& counters = (**loaded).counters.value;
  if (counters.head == counters.next) return std::optional<MessageId>();
  auto label = head_label(queue, **loaded);
  if (!label) return label.error();
  return std::optional(label->id);
}

void RocksDbQueueTransaction::remove_head(const RecipientId& id, Queue& queue) {
  StoredCounters& counters = queue.counters.value;
  queue.counters.changed = true;
  if (counters.head >= queue.first_appended) {
    queue.appended[counters.head - queue.first_appended].reset();
  } else {
    // Sequences are never used twice, so a message is put once and removed once (WriteBatch::remove_single).
    batch_.remove_single(Family::messages, message_key(id, counters.head).view());
  }
  ++counters.head;
  --messages_added_;
  if (counters.head == counters.next) {
    counters.full = false;
    counters.unordered = false;
  }
}

Status RocksDbQueueTransaction::pop(const RecipientId& queue) {
  auto loaded = with_counters(queue);
  if (!loaded) return loaded.error();
  Queue& entry = **loaded;
  remove_head(queue, entry);
  // The index entry stays: expire() moves it to the time of the head when that time has come, or takes it away. It must
  // only not be later than the head, which can happen when the clock stepped back.
  StoredCounters& counters = entry.counters.value;
  if (counters.unordered && counters.head != counters.next) {
    auto label = head_label(queue, entry);
    if (!label) return label.error();
    if (!counters.indexed || label->seconds < *counters.indexed) counters.indexed = label->seconds;
  }
  return ok_status();
}

Status RocksDbQueueTransaction::expire_queue(const RecipientId& id, Queue& queue, std::int64_t cutoff,
                                             std::size_t limit, Expired& expired) {
  StoredCounters& counters = queue.counters.value;
  queue.counters.changed = true;
  while (counters.head != counters.next) {
    auto label = head_label(id, queue);
    if (!label) return label.error();
    counters.indexed = label->seconds;
    if (label->seconds >= cutoff) return ok_status();
    if (expired.messages == limit) {
      expired.more = true;
      return ok_status();
    }
    remove_head(id, queue);
    ++expired.messages;
  }
  counters.indexed.reset();
  return ok_status();
}

Result<Expired> RocksDbQueueTransaction::expire(std::int64_t cutoff, std::size_t limit) {
  Expired expired;
  // What this transaction changed is not in the database's index yet.
  for (auto& [id, queue] : queues_) {
    if (!queue.counters.known || !queue.counters.value.indexed || *queue.counters.value.indexed >= cutoff) continue;
    if (auto done = expire_queue(id, queue, cutoff, limit, expired); !done) return done.error();
    if (expired.more) return expired;
  }
  std::size_t visits = 0;
  const auto first = expiry_bound(store_.expiry_floor_);
  const auto last = expiry_bound(cutoff);
  if (store_.expiry_floor_ < cutoff) {
    auto scanned = store_.database_->scan(Family::queues, first.view(), last.view(),
                                          [&](ByteView key, ByteView value) -> Result<bool> {
                                            rocks::RowReader row(value);
                                            if (auto known = row.version(kExpiryFormat, "an expiry row"); !known)
                                              return known.error();
                                            auto entry = decode_expiry_key(key);
                                            if (!entry) return entry.error();
                                            auto loaded = with_counters(entry->queue);
                                            if (!loaded) return loaded.error();
                                            if ((*loaded)->counters.value.indexed != entry->seconds)
                                              return true;  // moved above, or erased
                                            if (visits++ == std::max(limit, kMinExpiryVisits)) {
                                              expired.more = true;
                                              return false;
                                            }
                                            auto done = expire_queue(entry->queue, **loaded, cutoff, limit, expired);
                                            if (!done) return done.error();
                                            return !expired.more;
                                          });
    if (!scanned) return failed(scanned.error());
  }
  if (!expired.more) expired_before_ = std::max(expired_before_.value_or(cutoff), cutoff);
  return expired;
}

void RocksDbQueueTransaction::write_queue(const RecipientId& id, const Queue& queue) {
  if (queue.record.changed) {
    const auto key = record_key(id);
    if (queue.record.value) {
      batch_.put(Family::queues, key.view(), encode_record(*queue.record.value).view());
    } else {
      batch_.remove(Family::queues, key.view());
    }
  }
  if (queue.link.changed) {
    const auto key = link_key(id);
    if (queue.link.value) {
      batch_.put(Family::queues, key.view(), encode_link(*queue.link.value).view());
    } else {
      batch_.remove(Family::queues, key.view());
    }
  }
  if (!queue.counters.changed) return;
  const StoredCounters& counters = queue.counters.value;
  for (std::size_t i = 0; i < queue.appended.size(); ++i) {
    if (!queue.appended[i]) continue;
    batch_.put(Family::messages, message_key(id, queue.first_appended + i).view(),
               encode_message_head(*queue.appended[i]).view(), queue.appended[i]->body);
  }
  const bool erased = queue.record.changed && !queue.record.value;
  if (!erased) {
    batch_.put(Family::queues, counters_key(id).view(), encode_counters(counters).view());
  } else if (queue.stored_counters) {
    batch_.remove(Family::queues, counters_key(id).view());
  }
  if (counters.indexed != queue.stored_index) {
    if (queue.stored_index) batch_.remove(Family::queues, expiry_key(*queue.stored_index, id).view());
    if (counters.indexed) {
      const rocks::RowWriter value(kExpiryFormat);
      batch_.put(Family::queues, expiry_key(*counters.indexed, id).view(), value.view());
    }
  }
}

void RocksDbQueueTransaction::remember(const RecipientId& id, const Queue& queue) {
  if (!queue.record.changed && !queue.counters.changed) return;
  if (queue.record.changed && !queue.record.value) {
    store_.known_.forget(id);
    return;
  }
  KnownQueue& known = store_.known_.at(id);
  if (queue.record.changed) known.record = queue.record.value;
  if (!queue.counters.changed) return;
  const StoredCounters& counters = queue.counters.value;
  known.counters = {.value = counters, .stored = true};
  if (counters.head == counters.next) known.head.reset();
  if (counters.head == counters.next || counters.head < queue.first_appended) return;
  const auto& message = *queue.appended[counters.head - queue.first_appended];
  known.head = {.sequence = counters.head, .label = {message.id, message.seconds}};
}

Status RocksDbQueueTransaction::commit() {
  if (failed_) return Error{ErrorCode::unavailable, "a transaction that failed cannot be committed"};
  for (const auto& [id, queue] : queues_) write_queue(id, queue);
  for (const auto& [key, queue] : id_maps_) {
    if (queue) {
      batch_.put(Family::queues, as_bytes(key), encode_id_map(*queue).view());
    } else {
      batch_.remove(Family::queues, as_bytes(key));
    }
  }
  if (auto written = write_services(); !written) return written.error();
  StoreTotals totals = store_.totals();
  totals.queues += static_cast<std::uint64_t>(queues_added_);
  totals.messages += static_cast<std::uint64_t>(messages_added_);
  if (queues_added_ != 0 || messages_added_ != 0) {
    batch_.put(Family::queues, totals_key().view(), encode_totals(totals).view());
  }
  if (!batch_.empty()) {
    if (auto written = store_.database_->write(batch_, rocks::Durability::synced); !written) {
      for (const auto& [id, queue] : queues_) store_.known_.forget(id);
      return failed(written.error());
    }
    store_.set_totals(totals);
    for (const auto& [id, queue] : queues_) remember(id, queue);
  }
  std::int64_t& floor = store_.expiry_floor_;
  floor = std::max(floor, expired_before_.value_or(floor));
  for (const auto& [id, queue] : queues_) {
    if (queue.counters.changed && queue.counters.value.indexed) floor = std::min(floor, *queue.counters.value.indexed);
  }
  return ok_status();
}

}  // namespace sotto::queue
