// The rules of each action, one function each, in six files: record_actions.cpp (creating, securing, keys, notifier,
// deleting), link_actions.cpp, message_actions.cpp, subscription_actions.cpp, service_actions.cpp,
// blocking_actions.cpp. Called by QueueEngine only, after its checks: `record` is the queue's record as it is, its
// version is the one that was verified, and it is not blocked, but for the actions of blocking_actions.cpp.
#pragma once

#include <memory>
#include <vector>

#include "services/queue/domain/queue_engine.hpp"

namespace sotto::queue {

struct ActionContext {
  CheckedTransaction& transaction;
  const QueueRules& rules;
  const Clock& clock;
  backend::SessionRef session;
  BatchOutcome& batch;
};

using backend::OperationResult;
using backend::Outcome;

inline OperationResult answer(Outcome outcome, RecordPtr record = nullptr) {
  OperationResult result;
  result.outcome = outcome;
  result.record = std::move(record);
  return result;
}

// Stores `before` with the changes that `change` makes to a copy of it, as the next version, and returns that.
template <class Change>
RecordPtr change_record(ActionContext& context, const QueueRecord& before, Change&& change) {
  auto after = std::make_shared<QueueRecord>(before);
  change(*after);
  ++after->version;
  context.transaction.update(before, *after);
  return after;
}

OperationResult perform(ActionContext& context, const backend::Find& action);
OperationResult perform(ActionContext& context, const backend::Create& action);
OperationResult perform(ActionContext& context, const backend::SecureBySender& action);

OperationResult perform(ActionContext& context, const backend::RegisterService& action);
OperationResult perform(ActionContext& context, const backend::SubscribeService& action);
OperationResult perform(ActionContext& context, const backend::ListService& action);

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Secure& action);
OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::SetRecipientKeys& action);
OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::SetNotifier& action);
OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::DeleteNotifier& action);
OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Suspend& action);
OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Delete& action);

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::SetLink& action);
OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::DeleteLink& action);
OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::GetLink& action);

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Append& action);
OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Ack& action);
OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Fetch& action);
OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Inspect& action);

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Subscribe& action);
OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::SubscribeNotifier& action);

OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Block& action);
OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Unblock& action);
OperationResult perform(ActionContext& context, const RecordPtr& record, const backend::Remove& action);

// What is left of actions that are refused because the queue is blocked: a subscriber stays one, and does not take a
// queue for its own that another session has taken. The answer is blocked, or refused in that case.
template <class Action>
OperationResult perform_blocked(ActionContext& /*context*/, const RecordPtr& record, const Action& /*action*/) {
  return answer(Outcome::blocked, record);
}
OperationResult perform_blocked(ActionContext& context, const RecordPtr& record, const backend::Subscribe& action);
OperationResult perform_blocked(ActionContext& context, const RecordPtr& record, const backend::Fetch& action);
OperationResult perform_blocked(ActionContext& context, const RecordPtr& record,
                                const backend::SubscribeNotifier& action);

// The directory is asked about the queue once the batch is committed. To be called while the operation is executed:
// what comes of it concerns the operation's result.
void ask_directory(ActionContext& context, AskDirectory::Purpose purpose, const QueueRecord& record,
                   backend::MessagePtr message = nullptr);
inline backend::NotifierRef ref(const backend::Notifier& notifier) {
  return {.id = notifier.id, .service = notifier.service};
}
// The queue is secured and no contact queue: its link has served. A queue without mode (made by old clients) counts as
// contact until it is secured.
bool is_secured_messaging(const QueueRecord& record);

}  // namespace sotto::queue
