#include "gateway/session/record_cache.hpp"

namespace sotto::gateway {
namespace {

SenderId alias(ByteView id) {
  return SenderId::from(id).value_or(SenderId{});
}

bool has_id(const backend::QueueRecord& record, backend::Role role, ByteView id) {
  switch (role) {
    case backend::Role::recipient:
      return equal(record.recipient_id.view(), id);
    case backend::Role::sender:
      return equal(record.sender_id.view(), id);
    case backend::Role::notifier:
      return record.notifier && equal(record.notifier->id.view(), id);
    case backend::Role::link:
      return record.link_id && equal(record.link_id->view(), id);
  }
  return false;
}

}  // namespace

backend::RecordPtr RecordCache::find(backend::Role role, ByteView id) {
  auto recipient = RecipientId::from(id);
  if (!recipient) return nullptr;
  if (role != backend::Role::recipient) {
    const auto found = aliases_.find(alias(id));
    if (found == aliases_.end()) return nullptr;
    recipient = found->second;
  }
  const auto found = by_recipient_.find(*recipient);
  if (found == by_recipient_.end() || !has_id(**found->second, role, id)) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return *found->second;
}

void RecordCache::put(const backend::RecordPtr& record) {
  if (capacity_ == 0) return;
  if (const auto found = by_recipient_.find(record->recipient_id); found != by_recipient_.end()) {
    if ((*found->second)->version > record->version) return;
    unlink_ids(**found->second);
    *found->second = record;
    order_.splice(order_.begin(), order_, found->second);
  } else {
    if (by_recipient_.size() >= capacity_) erase(order_.back()->recipient_id);
    order_.push_front(record);
    by_recipient_.emplace(record->recipient_id, order_.begin());
  }
  aliases_[alias(record->sender_id.view())] = record->recipient_id;
  if (record->notifier) aliases_[alias(record->notifier->id.view())] = record->recipient_id;
  if (record->link_id) aliases_[alias(record->link_id->view())] = record->recipient_id;
}

void RecordCache::erase(const RecipientId& queue) {
  const auto found = by_recipient_.find(queue);
  if (found == by_recipient_.end()) return;
  unlink_ids(**found->second);
  order_.erase(found->second);
  by_recipient_.erase(found);
}

void RecordCache::unlink_ids(const backend::QueueRecord& record) {
  aliases_.erase(alias(record.sender_id.view()));
  if (record.notifier) aliases_.erase(alias(record.notifier->id.view()));
  if (record.link_id) aliases_.erase(alias(record.link_id->view()));
}

}  // namespace sotto::gateway
