#include <utility>

#include "services/queue/domain/actions.hpp"

namespace sotto::queue {

void ask_directory(ActionContext& context, AskDirectory::Purpose purpose, const RecipientId& queue,
                   backend::MessagePtr message) {
  context.batch.effects.emplace_back(AskDirectory{.purpose = purpose,
                                                  .queue = queue,
                                                  .result = context.batch.results.size(),
                                                  .message = std::move(message),
                                                  .blocking = {}});
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Subscribe& action) {
  using Purpose = AskDirectory::Purpose;
  ask_directory(context, action.resume ? Purpose::resume : Purpose::subscribe, record->recipient_id);
  OperationResult result = answer(Outcome::ok);
  result.messages = context.transaction.state(record->recipient_id).messages;
  result.subscribed = true;
  return result;
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::SubscribeNotifier& action) {
  if (!record->notifier) return answer(Outcome::refused);
  if (action.resume && action.notifier != record->notifier->id) return answer(Outcome::refused);
  context.batch.effects.emplace_back(
      SubscribeToNotifier{.notifier = record->notifier->id, .session = context.session, .resume = action.resume});
  return answer(Outcome::ok);
}

}  // namespace sotto::queue
