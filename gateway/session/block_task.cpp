#include "gateway/session/block_task.hpp"

#include <algorithm>
#include <utility>

#include "gateway/session/responses.hpp"

namespace sotto::gateway {
namespace {

using smp::SimpleError;

// Commands of one wave that may be answered with up to a block each, and how many bytes of responses are kept before
// they are handed over: together they bound what a block of many small commands makes the server hold.
constexpr std::size_t kWaveMessages = 8;
constexpr std::size_t kAnswersKept = std::size_t{64} * 1024;

// A transmission that cannot be read, or is of another session, is answered without an entity: what it names means
// nothing here.
bool names_no_entity(const smp::Response& response) {
  const auto* error = std::get_if<smp::Err>(&response);
  if (error == nullptr) return false;
  const auto* simple = std::get_if<SimpleError>(&error->error);
  return simple != nullptr && (*simple == SimpleError::block || *simple == SimpleError::session);
}

bool answer_may_be_large(const smp::Command& command) {
  return std::holds_alternative<smp::Get>(command) || std::holds_alternative<smp::Ack>(command) ||
         std::holds_alternative<smp::Lget>(command) || std::holds_alternative<smp::Lkey>(command) ||
         std::holds_alternative<smp::Rslv>(command);
}

}  // namespace

BlockTask::BlockTask(std::shared_ptr<TaskOwner> owner, transport::BlockBuffer buffer, ByteView content,
                     std::chrono::steady_clock::time_point since)
    : owner_(std::move(owner)), buffer_(std::move(buffer)), content_(content), since_(since) {}

void BlockTask::start() {
  parse(content_);
  goes_beside_ = may_go_beside();
  only_sends_ = goes_beside_ && std::all_of(items_.begin(), items_.end(), [](const Item& item) {
                  return item.done || std::holds_alternative<smp::Send>(*item.command);
                });
  owner_->parsed(shared_from_this());
}

void BlockTask::begin() {
  settle_access();
}

void BlockTask::go_on() {
  if (looked_up_) return run();
  looked_up_ = true;
  find_records();
}

void BlockTask::run() {
  for (;;) {
    if (wave_begin_ == wave_end_) {
      if (wave_end_ == items_.size()) return owner_->finished(*this, take_answers(wave_end_));
      if (!hand_over_answers()) return;
      wave_queues_.clear();
      wave_messages_ = 0;
      while (wave_end_ < items_.size() && !starts_new_wave(items_[wave_end_])) ++wave_end_;
    }
    if (ask_names()) return;
    std::vector<backend::Operation> operations;
    submitted_items_.clear();
    submitted_.clear();
    for (std::size_t i = wave_begin_; i < wave_end_; ++i) {
      auto& item = items_[i];
      if (item.done) continue;
      auto action = prepare(item);
      if (!action) continue;
      submitted_items_.push_back(i);
      submitted_.push_back(*action);
      if (const auto* queue = subscribed_queue(item, *action)) owner_->session()->subscriptions.expect(*queue);
      if (subscribes_service(*action)) {
        auto& serving = *owner_->session()->serving;
        serving.expected_end.expect(serving.subscribed);
      }
      if (item.record) {
        operations.push_back({item.record->recipient_id, item.record->version, std::move(*action)});
      } else {
        operations.push_back({{}, 0, std::move(*action)});
      }
    }
    if (!operations.empty()) return owner_->submit(std::move(operations), shared_from_this());
    wave_begin_ = wave_end_;
  }
}

bool BlockTask::starts_new_wave(const Item& item) {
  if (item.done) return false;
  if (answer_may_be_large(*item.command) && ++wave_messages_ > kWaveMessages) return true;
  if (!item.record) return false;
  const bool send = std::holds_alternative<smp::Send>(*item.command);
  for (auto& queue : wave_queues_) {
    if (queue.queue == item.record->recipient_id) return !(send && queue.only_sends);
  }
  wave_queues_.push_back({item.record->recipient_id, send});
  return false;
}

void BlockTask::continue_with(std::vector<backend::OperationResult> results) {
  if (owner_->session() == nullptr) return;
  auto indices = std::move(submitted_items_);
  auto actions = std::move(submitted_);
  submitted_items_.clear();
  submitted_.clear();
  for (std::size_t k = 0; k < indices.size() && k < results.size(); ++k) {
    take_result(items_[indices[k]], actions[k], std::move(results[k]));
  }
  run();
}

bool BlockTask::hand_over_answers() {
  if (answer_bytes_ < kAnswersKept) return true;
  owner_->answered_so_far(take_answers(wave_end_));
  return owner_->session() != nullptr && !owner_->wait_for_room(shared_from_this());
}

void BlockTask::answer(Item& item, const smp::Response& response) {
  const auto& session = *owner_->session();
  if (std::holds_alternative<smp::Err>(response)) owner_->context().counters.errors.add();
  const bool is_new = item.command && std::holds_alternative<smp::New>(*item.command);
  const auto entity_id = is_new || names_no_entity(response) ? ByteView{} : item.transmission.entity_id;
  item.response = encode_response(response, item.transmission.corr_id, entity_id, session, version_of(item));
  if (item.forwarded) seal_response(item);
  item.done = true;
  answer_bytes_ += item.response.size();
}

std::vector<Bytes> BlockTask::take_answers(std::size_t end) {
  std::vector<Bytes> responses;
  responses.reserve(end - handed_over_);
  for (; handed_over_ < end; ++handed_over_) {
    auto& response = items_[handed_over_].response;
    if (!response.empty()) responses.push_back(std::move(response));  // empty: answered when the relay has
  }
  answer_bytes_ = 0;
  return responses;
}

}  // namespace sotto::gateway
