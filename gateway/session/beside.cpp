// Blocks of one connection that are worked on beside each other (docs/flow-control.md): which may be, and when each
// begins. A commit takes milliseconds, whatever it holds: a client with many messages to send or to acknowledge, and a
// server that forwards for many, would wait for each of theirs, and share it with nobody.
#include <algorithm>
#include <utility>

#include "gateway/session/block_task.hpp"
#include "gateway/session/connection.hpp"
#include "gateway/worker.hpp"

namespace sotto::gateway {
namespace {

// Commands of a block that goes beside others. Of them, those that may be answered with a block each: so few that the
// answers are sent at once, and no such block waits for room.
constexpr std::size_t kCommandsBeside = 32;
constexpr std::size_t kLargeBeside = 2;

// Blocks of a connection: with their messages and answers, 2 MiB at most.
constexpr std::uint16_t kBlocksBeside = 32;

}  // namespace

bool BlockTask::may_go_beside() const {
  if (items_.size() > kCommandsBeside) return false;
  const auto is_ack = [](const Item& item) { return item.command && std::holds_alternative<smp::Ack>(*item.command); };
  const auto large = std::count_if(items_.begin(), items_.end(),
                                   [&](const Item& item) { return item.forwarded != nullptr || is_ack(item); });
  return static_cast<std::size_t>(large) <= kLargeBeside &&
         std::all_of(items_.begin(), items_.end(), [&](const Item& item) {
           return item.done || is_ack(item) || std::holds_alternative<smp::Send>(*item.command);
         });
}

std::optional<std::uint64_t> BlockTask::joining_version(const Item& item) const {
  if (!only_sends_) return std::nullopt;
  const auto record = owner_->records().find(backend::Role::sender, item.transmission.entity_id);
  return record ? std::optional(record->version) : std::nullopt;
}

bool BlockTask::may_begin(const QueuesAtWork& queues) const {
  return std::all_of(items_.begin(), items_.end(), [&](const Item& item) {
    if (item.done) return true;
    const auto queue = QueuesAtWork::EntityId::from(item.transmission.entity_id);
    // Free as a rule: then nobody looks the record up only to know its version.
    return !queue || queues.is_free(*queue) || queues.may_begin(*queue, joining_version(item));
  });
}

void BlockTask::take_queues(QueuesAtWork& queues) {
  bool looks_up = false;
  for (const auto& item : items_) {
    if (item.done) continue;
    const auto queue = QueuesAtWork::EntityId::from(item.transmission.entity_id);
    if (!queue) continue;
    const auto version = joining_version(item);
    looks_up = looks_up || !version;
    queues.begin(*queue, version);
    queues_.push_back(*queue);
  }
  if (!looks_up) return;
  // Nothing of it goes to the backend before all records are there: whoever needed none would overtake it.
  for (const auto& queue : queues_) queues.in_doubt(queue);
}

void BlockTask::leave_queues(QueuesAtWork& queues) const {
  for (const auto& queue : queues_) queues.end(queue);
}

void Connection::parsed(std::shared_ptr<BlockTask> task) {
  parsed_task_ = std::move(task);
  begin_parsed();
}

void Connection::in_doubt(ByteView queue) {
  if (const auto id = QueuesAtWork::EntityId::from(queue)) queues_at_work_.in_doubt(*id);
}

void Connection::begin_parsed() {
  if (!parsed_task_) return;
  const bool beside = parsed_task_->goes_beside();
  if (beside ? !parsed_task_->may_begin(queues_at_work_) : blocks_beside_ > 0) return;
  const auto task = std::exchange(parsed_task_, nullptr);
  if (!beside) return task->begin();
  task->take_queues(queues_at_work_);
  ++blocks_beside_;
  // Its place is one of those of blocks_beside_ now, and the next block may come.
  place_ = Place::none;
  in_task_ = false;
  task->begin();
  if (closed()) return;
  if (blocks_beside_ < kBlocksBeside) return resume_reads();
  beside_paused_ = true;
}

void Connection::finished_beside(const BlockTask& task) {
  task.leave_queues(queues_at_work_);
  --blocks_beside_;
}

void Connection::go_on_beside() {
  begin_parsed();
  if (closed() || !beside_paused_ || blocks_beside_ >= kBlocksBeside) return;
  beside_paused_ = false;
  resume_reads();
}

}  // namespace sotto::gateway
