#include "services/queue/domain/queue_engine.hpp"

#include <type_traits>
#include <variant>

#include "services/queue/domain/actions.hpp"

namespace sotto::queue {
namespace {

template <class Action>
bool resumes(const Action& action) {
  if constexpr (std::is_same_v<Action, backend::Subscribe> || std::is_same_v<Action, backend::SubscribeNotifier>) {
    return action.resume;
  }
  return false;
}

OperationResult execute_one(ActionContext& context, const backend::Operation& operation) {
  return std::visit(
      [&](const auto& action) -> OperationResult {
        using Kind = std::decay_t<decltype(action)>;
        if constexpr (backend::kOfNoQueue<Kind>) {
          return perform(context, action);
        } else {
          const RecordPtr record = context.transaction.find(operation.queue);
          if (!record) return answer(Outcome::gone);
          if (!resumes(action) && record->version != operation.version) return answer(Outcome::stale, record);
          if constexpr (!backend::kOfAdministrators<Kind>) {
            if (record->status == backend::QueueStatus::blocked) return perform_blocked(context, record, action);
          }
          return perform(context, record, action);
        }
      },
      operation.action);
}

}  // namespace

BatchOutcome QueueEngine::execute(CheckedTransaction& transaction, const backend::Batch& batch) const {
  BatchOutcome outcome;
  outcome.results.reserve(batch.operations.size());
  ActionContext context{
      .transaction = transaction, .rules = rules_, .clock = clock_, .session = batch.session, .batch = outcome};
  for (const auto& operation : batch.operations) {
    outcome.results.push_back(execute_one(context, operation));
    if (transaction.failed()) break;
  }
  return outcome;
}

std::int64_t expiry_cutoff(const QueueRules& rules, const Clock& clock) {
  return unix_seconds(clock.system_now() - rules.message_lifetime);
}

}  // namespace sotto::queue
