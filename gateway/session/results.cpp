// From what the backend says of an operation to the response, and to what the session knows from then on: its
// subscriptions, the cached record. What is stale, or met ids that were taken, is done once more.
#include <utility>

#include "gateway/session/block_task.hpp"
#include "gateway/session/responses.hpp"

namespace sotto::gateway {
namespace {

using backend::Outcome;
using smp::SimpleError;

}  // namespace

void BlockTask::take_result(Item& item, const backend::Action& action, backend::OperationResult result) {
  if (std::holds_alternative<backend::Find>(action)) return take_record(item, std::move(result));
  if (std::holds_alternative<backend::SecureBySender>(action)) {
    if (result.outcome == Outcome::unavailable) {
      // Perhaps the service is of a version that does not know the action. Securing with the same key again is
      // harmless.
      item.unseen = Item::Unseen::looks_up;
      return;
    }
    if (result.record) owner_->records().put(result.record);
  }
  const auto subscribes_to = subscribed_queue(item, action);
  const bool looks_again = subscribes_to != nullptr && owner_->session()->subscriptions.settle(*subscribes_to);
  if (subscribes_service(action)) {
    const bool may_subscribe = result.outcome == Outcome::ok || result.outcome == Outcome::unavailable;
    owner_->session()->serving->expected_end.answered(may_subscribe);
  }
  switch (result.outcome) {
    case Outcome::ok:
      return take_success(item, std::move(result), looks_again);
    case Outcome::stale:
      owner_->context().counters.stale_records.add();
      item.record_may_be_old = false;
      item.record = result.record;
      owner_->records().put(result.record);
      owner_->in_doubt(item.transmission.entity_id);
      return;  // still not done: the next round verifies it again
    case Outcome::gone:
      if (item.record) owner_->records().erase(item.record->recipient_id);
      return fail(item, SimpleError::auth);
    case Outcome::refused:
      return fail(item, SimpleError::auth);
    case Outcome::blocked:
      // What was heard meanwhile was heard as the subscriber that the session was before, and still is.
      if (looks_again) announced(*subscribes_to);
      return fail(item, blocked_error(result.record->blocking));
    case Outcome::quota:
      return fail(item, SimpleError::quota);
    case Outcome::conflict:
      // Ids of ours that are taken: other ones next time. Ids of the client's that are taken: its problem.
      if (item.new_queue && !item.new_queue->client_chose_ids) return;
      if (item.new_notifier) return;
      return fail(item, SimpleError::auth);
    case Outcome::unavailable:
      return fail(item, store_error());
  }
}

const RecipientId* BlockTask::subscribed_queue(const Item& item, const backend::Action& action) {
  if (const auto* create = std::get_if<backend::Create>(&action)) {
    return create->subscribe ? &create->record.recipient_id : nullptr;
  }
  return std::holds_alternative<backend::Subscribe>(action) ? &item.record->recipient_id : nullptr;
}

void BlockTask::announced(const RecipientId& queue) {
  auto& subscriptions = owner_->session()->subscriptions;
  if (subscriptions.announced(queue)) subscriptions.wait(queue, *subscriptions.find(queue));
}

void BlockTask::take_success(Item& item, backend::OperationResult result, bool looks_again) {
  using Use = Subscriptions::Use;
  using Delivery = Subscriptions::Delivery;
  auto& session = *owner_->session();
  auto& subscriptions = session.subscriptions;
  const auto& command = *item.command;

  if (item.refusal) return fail(item, *std::exchange(item.refusal, std::nullopt));
  if (item.new_queue) {
    const auto& create = item.new_queue->create;
    if (item.admission && item.admission->use) item.admission->use->queues.fetch_add(1, std::memory_order_relaxed);
    if (create.subscribe) {
      const auto& queue = create.record.recipient_id;
      if (session.serving) {
        serve(queue.view(), true);
      } else {
        subscriptions.add(queue, Use::subscribed);
        owner_->context().counters.subscriptions.add();
      }
      if (looks_again) subscriptions.wait(queue, subscriptions.add(queue, Use::served));
    }
    return answer(item, ids_response(*item.new_queue));
  }
  if (is_of_service(item)) return answer_service(item, result);
  if (!item.record) item.record = result.record;
  const auto queue = item.record->recipient_id;
  if (result.record) record_changed(result.record);
  const auto& record = *item.record;

  if (std::holds_alternative<smp::Send>(command)) return answer(item, smp::Ok{});
  if (std::holds_alternative<smp::Ack>(command)) {
    auto* entry = subscriptions.find(queue);
    if (entry != nullptr && result.message) {
      entry->delivered_id = result.message->id;
      return answer_message(item, result.message);
    }
    if (entry != nullptr) subscriptions.nothing_more(queue, *entry);
    return answer(item, smp::Ok{});
  }
  if (std::holds_alternative<smp::Sub>(command)) {
    const bool has_messages = result.messages > 0 || looks_again;
    if (session.serving) {
      serve(queue.view(), result.record != nullptr);
      if (!has_messages) return answer_subscribed(item);
    } else if (subscriptions.find(queue) == nullptr) {
      owner_->context().counters.subscriptions.add();
    }
    auto& entry = subscriptions.add(queue, session.serving ? Use::served : Use::subscribed);
    if (has_messages) {
      if (entry.delivery == Delivery::delivered) entry.delivery = Delivery::none;  // it is delivered again
      subscriptions.wait(queue, entry);
    }
    return answer_subscribed(item);
  }
  if (std::holds_alternative<smp::Get>(command)) {
    auto& entry = subscriptions.add(queue, Use::fetched);
    entry.delivery = result.message ? Delivery::delivered : Delivery::none;
    if (!result.message) return answer(item, smp::Ok{});
    entry.delivered_id = result.message->id;
    return answer_message(item, result.message);
  }
  if (std::holds_alternative<smp::Lkey>(command) || std::holds_alternative<smp::Lget>(command)) {
    if (!result.link) return fail(item, SimpleError::auth);
    return answer(item, smp::Lnk{record.sender_id.view(), {result.link->fixed, result.link->user}});
  }
  if (item.new_notifier) {
    return answer(item, smp::Nid{item.new_notifier->notifier.id.view(), item.new_notifier->server_dh_key});
  }
  if (std::holds_alternative<smp::Del>(command)) {
    if (subscriptions.remove(queue)) owner_->context().counters.subscriptions.sub();
    if (session.serving && record.service == session.service->id) session.serving->ids.remove(queue.view());
    owner_->records().erase(queue);
    return answer(item, smp::Ok{});
  }
  if (std::holds_alternative<smp::Que>(command)) return answer_info(item, result);
  if (std::holds_alternative<smp::Nsub>(command)) {
    if (record.notifier && session.serving) {
      serve(record.notifier->id.view(), result.record != nullptr);
    } else if (record.notifier) {
      session.notifiers.insert_or_assign(record.notifier->id, queue);
    }
    return answer_subscribed(item);
  }
  answer(item, smp::Ok{});
}

void BlockTask::answer_message(Item& item, const backend::MessagePtr& message) {
  owner_->context().counters.messages_delivered.add();
  Bytes body;
  answer(item, smp::Msg{message->id.view(), message_body(*message, *item.record, body)});
}

void BlockTask::answer_info(Item& item, const backend::OperationResult& result) {
  const auto json =
      queue_info_json(*item.record, result, owner_->session()->subscriptions.find(item.record->recipient_id));
  answer(item, smp::Info{as_bytes(json)});
}

}  // namespace sotto::gateway
