#include "services/queue/storage/postgres/change_set.hpp"

#include <utility>

#include "services/queue/storage/postgres/statements.hpp"

namespace sotto::queue {
namespace {

using postgres::Params;

// Bodies in one statement, about. The server keeps a statement in memory as a whole, twice; buffers beyond 128 KiB come
// fresh from the kernel each time, and that costs more than the rest of the insert (docs/adr/0003-postgres-schema.md).
constexpr std::size_t kInsertBytes = 96U << 10U;

Params params_of(postgres::Array&& array) {
  Params params;
  params.add(std::move(array));
  return params;
}

}  // namespace

Params ids_param(const std::vector<RecipientId>& ids) {
  postgres::Array array(postgres::Array::Element::bytea, ids.size(), ids.size() * kIdSize);
  for (const auto& id : ids) array.add(id.view());
  return params_of(std::move(array));
}

void ChangeSet::insert_queue(const QueueRecord& record, const QueueCounters& counters) {
  inserted_.add(record, keys_);
  inserted_counters_.add(counters);
}

void ChangeSet::update_sender_key(const QueueRecord& record) {
  sender_keys_.queues.add(record.recipient_id.view());
  sender_keys_.versions.add(static_cast<std::int64_t>(record.version));
  sender_keys_.keys.add(ByteView(encode_key(*record.sender_key)));
}

void ChangeSet::update_counters(const RecipientId& id, const QueueCounters& counters) {
  counters_.queues.add(id.view());
  counters_.values.add(counters);
}

void ChangeSet::unmap_id(Role role, ByteView id) {
  ids_[static_cast<std::size_t>(role)].unmapped.add(id);
}

void ChangeSet::map_id(Role role, ByteView id, const RecipientId& queue) {
  Ids& ids = ids_[static_cast<std::size_t>(role)];
  ids.mapped.add(id);
  ids.queues.add(queue.view());
}

void ChangeSet::put_link(const RecipientId& queue, const LinkBlob& link) {
  links_.queues.add(queue.view());
  links_.fixed.add(ByteView(link.fixed));
  links_.user.add(ByteView(link.user));
}

void ChangeSet::remove_messages(const RecipientId& queue, std::int64_t first, std::int64_t end) {
  removed_.queues.add(queue.view());
  removed_.first.add(first);
  removed_.end.add(end);
}

void ChangeSet::insert_message(const RecipientId& queue, std::int64_t sequence, MessagePtr message) {
  messages_.push_back({.queue = queue, .sequence = sequence, .message = std::move(message)});
}

void ChangeSet::move_to(postgres::Pipeline& pipeline) {
  if (!erased_.empty()) pipeline.add(sql::kDeleteAllMessages, ids_param(erased_));
  erased_links_.insert(erased_links_.end(), erased_.begin(), erased_.end());
  if (!erased_links_.empty()) pipeline.add(sql::kDeleteLinks, ids_param(erased_links_));
  for (const Role role : {Role::sender, Role::notifier, Role::link}) {
    Ids& ids = ids_[static_cast<std::size_t>(role)];
    if (ids.unmapped.size() > 0) pipeline.add(sql::delete_ids(role), params_of(std::move(ids.unmapped)));
  }
  if (!erased_.empty()) pipeline.add(sql::kDeleteQueues, ids_param(erased_));

  if (!inserted_.empty()) {
    Params params = std::move(inserted_).take();
    std::move(inserted_counters_).append_to(params);
    pipeline.add(sql::kInsertQueues, std::move(params));
  }
  for (const Role role : {Role::sender, Role::notifier, Role::link}) {
    Ids& ids = ids_[static_cast<std::size_t>(role)];
    if (ids.mapped.size() == 0) continue;
    Params params = params_of(std::move(ids.mapped));
    params.add(std::move(ids.queues));
    pipeline.add(sql::insert_ids(role), std::move(params));
  }
  if (!updated_.empty()) pipeline.add(sql::kUpdateRecords, std::move(updated_).take());
  if (sender_keys_.queues.size() > 0) {
    Params params = params_of(std::move(sender_keys_.queues));
    params.add(std::move(sender_keys_.versions)).add(std::move(sender_keys_.keys));
    pipeline.add(sql::kUpdateSenderKeys, std::move(params));
  }
  if (counters_.queues.size() > 0) {
    Params params = params_of(std::move(counters_.queues));
    std::move(counters_.values).append_to(params);
    pipeline.add(sql::kUpdateCounters, std::move(params));
  }
  if (links_.queues.size() > 0) {
    Params params = params_of(std::move(links_.queues));
    params.add(std::move(links_.fixed)).add(std::move(links_.user));
    pipeline.add(sql::kPutLinks, std::move(params));
  }

  if (removed_.queues.size() > 0) {
    Params params = params_of(std::move(removed_.queues));
    params.add(std::move(removed_.first)).add(std::move(removed_.end));
    pipeline.add(sql::kDeleteMessages, std::move(params));
  }
  for (std::size_t first = 0; first < messages_.size();) {
    std::vector<MessageRow> messages;
    std::size_t bytes = 0;
    while (first < messages_.size() && bytes < kInsertBytes) {
      bytes += messages_[first].message->body.size();
      messages.push_back(std::move(messages_[first++]));
    }
    pipeline.add_large(sql::kInsertMessages, [messages = std::move(messages), bytes] {
      MessageArrays arrays(messages.size(), bytes);
      for (const auto& row : messages) arrays.add(row.queue, row.sequence, *row.message);
      return std::move(arrays).take();
    });
  }
  messages_.clear();
}

}  // namespace sotto::queue
