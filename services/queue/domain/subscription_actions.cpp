#include "services/queue/domain/actions.hpp"

namespace sotto::queue {

void take_subscription(ActionContext& context, const RecipientId& queue) {
  const auto former = context.directory.subscribe(queue, context.session);
  if (former && *former != context.session) {
    context.batch.effects.emplace_back(
        SendEvent{.to = *former, .event = backend::Ended{.role = Role::recipient, .id = queue.bytes}});
  }
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Subscribe& /*action*/) {
  take_subscription(context, record->recipient_id);
  OperationResult result = answer(Outcome::ok);
  result.messages = context.transaction.state(record->recipient_id).messages;
  result.subscribed = true;
  return result;
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::SubscribeNotifier& /*action*/) {
  if (!record->notifier) return answer(Outcome::refused);
  context.batch.effects.emplace_back(SubscribeToNotifier{.notifier = record->notifier->id, .session = context.session});
  return answer(Outcome::ok);
}

}  // namespace sotto::queue
