#include <utility>

#include "services/queue/domain/actions.hpp"

namespace sotto::queue {

void ask_directory(ActionContext& context, AskDirectory::Purpose purpose, const QueueRecord& record,
                   backend::MessagePtr message) {
  context.batch.effects.emplace_back(AskDirectory{.purpose = purpose,
                                                  .queue = record.recipient_id,
                                                  .service = record.service,
                                                  .result = context.batch.results.size(),
                                                  .message = std::move(message),
                                                  .blocking = {}});
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Subscribe& action) {
  using Purpose = AskDirectory::Purpose;
  OperationResult result = answer(Outcome::ok);
  RecordPtr now = record;
  if (record->service != action.service) {
    if (action.resume) return answer(Outcome::refused);
    ask_directory(context, Purpose::leave, *record);
    now = change_record(context, *record, [&](QueueRecord& changed) { changed.service = action.service; });
    result.record = now;
  }
  ask_directory(context, action.resume ? Purpose::resume : Purpose::subscribe, *now);
  result.messages = context.transaction.state(record->recipient_id).messages;
  result.subscribed = true;
  return result;
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::SubscribeNotifier& action) {
  if (!record->notifier) return answer(Outcome::refused);
  if (action.resume && action.notifier != record->notifier->id) return answer(Outcome::refused);
  OperationResult result = answer(Outcome::ok);
  SubscribeToNotifier subscribe{
      .notifier = ref(*record->notifier), .former = std::nullopt, .session = context.session, .resume = action.resume};
  if (record->notifier->service != action.service) {
    if (action.resume) return answer(Outcome::refused);
    subscribe.former = std::exchange(subscribe.notifier, {.id = record->notifier->id, .service = action.service});
    result.record =
        change_record(context, *record, [&](QueueRecord& changed) { changed.notifier->service = action.service; });
  }
  context.batch.effects.emplace_back(std::move(subscribe));
  return result;
}

}  // namespace sotto::queue
