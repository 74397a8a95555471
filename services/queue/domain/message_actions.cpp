#include "libs/crypto/random.hpp"
#include "services/queue/domain/actions.hpp"

namespace sotto::queue {
namespace {

// What is stored instead of the message that found the queue full.
MessagePtr quota_marker(std::int64_t seconds) {
  auto marker = std::make_shared<backend::StoredMessage>();
  marker->id = crypto::random_id<MessageId>();
  marker->seconds = seconds;
  marker->kind = backend::MessageKind::quota;
  return marker;
}

// Makes room in a queue that takes no more: at most quota + 1 messages go, and the marker with the last.
QueueState remove_expired(ActionContext& context, const RecipientId& queue) {
  const std::int64_t cutoff = expiry_cutoff(context.rules, context.clock);
  for (MessagePtr head = context.transaction.head(queue); head && head->seconds < cutoff;
       head = context.transaction.head(queue)) {
    context.transaction.pop(queue);
    ++context.batch.expired;
  }
  return context.transaction.state(queue);
}

}  // namespace

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Append& action) {
  if (record->status != backend::QueueStatus::active) return answer(Outcome::refused);
  auto& transaction = context.transaction;
  const RecipientId& queue = record->recipient_id;
  OperationResult result = answer(Outcome::ok);

  if (is_secured_messaging(*record) && record->link_id) {
    transaction.erase_link(queue);
    result.record = change_record(context, *record, [](QueueRecord& changed) { changed.link_id.reset(); });
  }

  const auto takes_no_more = [&](const QueueState& state) {
    return state.full || state.messages >= context.rules.quota;
  };
  QueueState before = transaction.state(queue);
  if (context.rules.expire_on_send && takes_no_more(before)) before = remove_expired(context, queue);
  if (takes_no_more(before)) {
    result.outcome = Outcome::quota;
    if (before.full) return result;
  }
  const bool marks_full = result.outcome == Outcome::quota;
  const MessagePtr message = marks_full ? quota_marker(action.message->seconds) : action.message;
  transaction.append(queue, message, marks_full);

  if (before.messages == 0) ask_directory(context, AskDirectory::Purpose::announce, *record, message);
  if (!marks_full && record->notifier && action.notification) {
    context.batch.effects.emplace_back(
        PushNotification{.notifier = ref(*record->notifier), .notification = *action.notification});
  }
  return result;
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Ack& action) {
  const RecipientId& queue = record->recipient_id;
  OperationResult result = answer(Outcome::ok);
  if (context.transaction.head_id(queue) == action.message_id) context.transaction.pop(queue);
  if (action.then_next) result.message = context.transaction.head(queue);
  if (result.message) ask_directory(context, AskDirectory::Purpose::next, *record);
  return result;
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Fetch& action) {
  if (action.if_subscribed) ask_directory(context, AskDirectory::Purpose::fetch, *record);
  OperationResult result = answer(Outcome::ok);
  result.message = context.transaction.head(record->recipient_id);
  return result;
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Inspect& /*action*/) {
  OperationResult result = answer(Outcome::ok);
  result.messages = context.transaction.state(record->recipient_id).messages;
  result.message = context.transaction.head(record->recipient_id);
  ask_directory(context, AskDirectory::Purpose::inspect, *record);
  return result;
}

}  // namespace sotto::queue
