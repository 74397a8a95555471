#include "services/queue/domain/actions.hpp"

namespace sotto::queue {

using backend::QueueMode;
using backend::QueueStatus;

OperationResult perform(ActionContext& context, const backend::Find& action) {
  auto queue = RecipientId::from(action.id);
  if (action.role != Role::recipient) queue = context.transaction.resolve(action.role, action.id);
  RecordPtr record = queue ? context.transaction.find(*queue) : nullptr;
  if (!record) return answer(Outcome::gone);
  return answer(Outcome::ok, std::move(record));
}

OperationResult perform(ActionContext& context, const backend::Create& action) {
  const QueueRecord& record = action.record;
  if (record.link_id.has_value() != action.link.has_value()) return answer(Outcome::refused);
  auto& transaction = context.transaction;
  const bool taken = transaction.resolve(Role::recipient, record.recipient_id.view()) ||
                     transaction.resolve(Role::sender, record.sender_id.view()) ||
                     (record.notifier && transaction.resolve(Role::notifier, record.notifier->id.view())) ||
                     (record.link_id && transaction.resolve(Role::link, record.link_id->view()));
  if (taken) return answer(Outcome::conflict);

  transaction.insert(record);
  if (action.link) transaction.put_link(record.recipient_id, *action.link);
  if (action.subscribe) {
    ask_directory(context, AskDirectory::Purpose::subscribe, record);
    // Ids are drawn by the gateway and told with the answer; those of a link are the client's.
    std::get<AskDirectory>(context.batch.effects.back()).fresh = !record.link_id;
  }
  return answer(Outcome::ok, std::make_shared<const QueueRecord>(record));
}

bool is_secured_messaging(const QueueRecord& record) {
  return record.mode != QueueMode::contact && record.sender_key.has_value();
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Secure& action) {
  if (action.by_sender && record->mode != QueueMode::messaging) return answer(Outcome::refused);
  if (record->sender_key && *record->sender_key != action.key) return answer(Outcome::refused);
  OperationResult result = answer(Outcome::ok);
  if (action.with_link) {
    if (record->link_id) result.link = context.transaction.link(record->recipient_id);
    if (!result.link) return answer(Outcome::refused);
  }
  if (!record->sender_key) {
    result.record = change_record(context, *record, [&](QueueRecord& changed) { changed.sender_key = action.key; });
  }
  return result;
}

OperationResult perform(ActionContext& context, const backend::SecureBySender& action) {
  const auto queue = context.transaction.resolve(Role::sender, action.sender_id.view());
  const RecordPtr record = queue ? context.transaction.find(*queue) : nullptr;
  if (!record) return answer(Outcome::gone);
  if (record->status == QueueStatus::blocked) return answer(Outcome::blocked, record);
  auto result = perform(context, record, backend::Secure{.key = action.key, .by_sender = true, .with_link = false});
  if (!result.record) result.record = record;
  return result;
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::SetRecipientKeys& action) {
  if (record->mode != QueueMode::contact || action.keys.empty()) return answer(Outcome::refused);
  if (record->recipient_keys == action.keys) return answer(Outcome::ok);
  return answer(Outcome::ok,
                change_record(context, *record, [&](QueueRecord& changed) { changed.recipient_keys = action.keys; }));
}

namespace {

// Not yet in the record: the caller changes that.
void drop_notifier(ActionContext& context, const QueueRecord& record) {
  if (record.notifier) {
    context.batch.effects.emplace_back(RemoveNotifier{.notifier = ref(*record.notifier), .by = context.session});
  }
}

}  // namespace

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::SetNotifier& action) {
  if (context.transaction.resolve(Role::notifier, action.notifier.id.view())) return answer(Outcome::conflict);
  drop_notifier(context, *record);
  return answer(Outcome::ok,
                change_record(context, *record, [&](QueueRecord& changed) { changed.notifier = action.notifier; }));
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::DeleteNotifier& /*action*/) {
  if (!record->notifier) return answer(Outcome::ok);
  drop_notifier(context, *record);
  return answer(Outcome::ok, change_record(context, *record, [](QueueRecord& changed) { changed.notifier.reset(); }));
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Suspend& /*action*/) {
  if (record->status == QueueStatus::off) return answer(Outcome::ok);
  return answer(Outcome::ok,
                change_record(context, *record, [](QueueRecord& changed) { changed.status = QueueStatus::off; }));
}

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Delete& /*action*/) {
  context.transaction.erase(*record);
  ask_directory(context, AskDirectory::Purpose::remove, *record);
  drop_notifier(context, *record);
  return answer(Outcome::ok);
}

}  // namespace sotto::queue
