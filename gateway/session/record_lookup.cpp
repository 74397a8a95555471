// The records of the queues that the commands of a block name: from the cache, else looked up at the backend, all of a
// block together; and what a look, or a change of a record, means to the commands that are still to be done.
#include <algorithm>
#include <utility>
#include <vector>

#include "gateway/session/block_task.hpp"
#include "gateway/session/responses.hpp"

namespace sotto::gateway {
namespace {

using backend::Outcome;
using backend::Role;
using smp::SimpleError;

std::optional<Role> role_of(const smp::Command& command) {
  switch (smp::party(command)) {
    case smp::Party::recipient:
      return Role::recipient;
    case smp::Party::sender:
      return Role::sender;
    case smp::Party::link:
      return Role::link;
    case smp::Party::notifier:
      return Role::notifier;
    default:
      return std::nullopt;
  }
}

}  // namespace

void BlockTask::find_records() {
  std::vector<backend::Operation> operations;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    auto& item = items_[i];
    if (item.done) continue;
    const auto role = role_of(*item.command);
    if (!role) continue;  // NEW brings its own key
    const auto id = item.transmission.entity_id;
    item.record = owner_->records().find(*role, id);
    item.record_may_be_old = item.record != nullptr;
    if (item.record || id.size() != kIdSize) continue;
    if (may_secure_unseen(item)) {
      item.unseen = Item::Unseen::secures;
      continue;
    }
    const auto find = look_up(item);
    submitted_items_.push_back(i);
    submitted_.emplace_back(find);
    operations.push_back({{}, 0, find});
  }
  if (operations.empty()) return run();
  owner_->submit(std::move(operations), shared_from_this());
}

backend::Find BlockTask::look_up(const Item& item) {
  backend::Find find{*role_of(*item.command), {}};
  const auto id = item.transmission.entity_id;
  std::copy_n(id.begin(), std::min(id.size(), find.id.size()), find.id.begin());
  return find;
}

bool BlockTask::may_secure_unseen(const Item& item) const {
  if (!std::holds_alternative<smp::Skey>(*item.command)) return false;
  // Another command for the queue in the same block needs the record, and has to wait for this one.
  return std::none_of(items_.begin(), items_.end(), [&](const Item& other) {
    return &other != &item && equal(other.transmission.entity_id, item.transmission.entity_id);
  });
}

void BlockTask::take_record(Item& item, backend::OperationResult result) {
  const auto before = item.record;
  item.record_may_be_old = false;
  item.record = std::move(result.record);
  if (result.outcome == Outcome::unavailable) return fail(item, store_error());
  if (!item.record) {
    if (before) owner_->records().erase(before->recipient_id);
    // Looked up for the first time: prepare() still does its dummy verification. Looked up again: it was done.
    if (before) fail(item, SimpleError::auth);
    return;
  }
  owner_->records().put(item.record);
  if (before && before->version == item.record->version) fail(item, SimpleError::auth);
}

void BlockTask::record_changed(const backend::RecordPtr& record) {
  owner_->records().put(record);
  for (std::size_t i = wave_begin_; i < items_.size(); ++i) {
    auto& item = items_[i];
    if (!item.done && item.record && item.record->recipient_id == record->recipient_id) item.record = record;
  }
}

}  // namespace sotto::gateway
