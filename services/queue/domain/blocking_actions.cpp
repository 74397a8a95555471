#include "services/queue/domain/actions.hpp"

namespace sotto::queue {

using backend::QueueStatus;

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Block& action) {
  const bool was_blocked = record->status == QueueStatus::blocked;
  if (was_blocked && record->blocking == action.blocking) return answer(Outcome::ok);
  if (!was_blocked) ++context.batch.blocked;
  context.batch.effects.emplace_back(AskDirectory{.purpose = AskDirectory::Purpose::block,
                                                  .queue = record->recipient_id,
                                                  .service = record->service,
                                                  .result = context.batch.results.size(),
                                                  .message = nullptr,
                                                  .blocking = action.blocking});
  return answer(Outcome::ok, change_record(context, *record, [&](QueueRecord& changed) {
                  changed.status = QueueStatus::blocked;
                  changed.blocking = action.blocking;
                }));
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Unblock& /*action*/) {
  if (record->status != QueueStatus::blocked) return answer(Outcome::ok);
  ++context.batch.unblocked;
  // Whoever subscribed before may have been refused the messages meanwhile, and nobody sends to say that they are
  // there.
  if (context.transaction.state(record->recipient_id).messages > 0) {
    ask_directory(context, AskDirectory::Purpose::announce, *record);
  }
  return answer(Outcome::ok, change_record(context, *record, [](QueueRecord& changed) {
                  changed.status = QueueStatus::active;
                  changed.blocking = {};
                }));
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Remove& /*action*/) {
  return perform(context, record, backend::Delete{});
}

OperationResult perform_blocked(ActionContext& context, const RecordPtr& record, const backend::Subscribe& action) {
  if (action.resume && record->service != action.service) return answer(Outcome::refused);
  if (action.resume) ask_directory(context, AskDirectory::Purpose::resume, *record);
  return answer(Outcome::blocked, record);
}

OperationResult perform_blocked(ActionContext& context, const RecordPtr& record, const backend::Fetch& action) {
  if (action.if_subscribed) ask_directory(context, AskDirectory::Purpose::fetch, *record);
  return answer(Outcome::blocked, record);
}

OperationResult perform_blocked(ActionContext& context, const RecordPtr& record,
                                const backend::SubscribeNotifier& action) {
  if (!action.resume) return answer(Outcome::blocked, record);
  OperationResult result = perform(context, record, action);
  return result.outcome == Outcome::ok ? answer(Outcome::blocked, record) : result;
}

}  // namespace sotto::queue
