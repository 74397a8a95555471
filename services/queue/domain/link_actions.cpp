#include "services/queue/domain/actions.hpp"

namespace sotto::queue {

using backend::QueueMode;

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::SetLink& action) {
  if (is_secured_messaging(*record)) return answer(Outcome::refused);
  auto& transaction = context.transaction;
  const RecipientId& queue = record->recipient_id;

  if (record->link_id) {
    if (*record->link_id != action.link_id) return answer(Outcome::refused);
    const auto stored = transaction.link(queue);
    if (stored && stored->fixed != action.link.fixed) return answer(Outcome::refused);
    transaction.put_link(queue, action.link);
    return answer(Outcome::ok);
  }
  if (transaction.resolve(Role::link, action.link_id.view())) return answer(Outcome::refused);
  transaction.put_link(queue, action.link);
  return answer(Outcome::ok,
                change_record(context, *record, [&](QueueRecord& changed) { changed.link_id = action.link_id; }));
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::DeleteLink& /*action*/) {
  if (!record->link_id) return answer(Outcome::ok);
  context.transaction.erase_link(record->recipient_id);
  return answer(Outcome::ok, change_record(context, *record, [](QueueRecord& changed) { changed.link_id.reset(); }));
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::GetLink& /*action*/) {
  // A queue without mode is of the time before modes: it counts as a contact queue as long as nobody secured it.
  const bool readable = record->mode == QueueMode::contact || (record->mode == QueueMode::none && !record->sender_key);
  if (!readable || !record->link_id) return answer(Outcome::refused);
  OperationResult result = answer(Outcome::ok);
  result.link = context.transaction.link(record->recipient_id);
  if (!result.link) return answer(Outcome::refused);
  return result;
}

}  // namespace sotto::queue
