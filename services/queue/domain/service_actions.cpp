#include "services/queue/domain/actions.hpp"

namespace sotto::queue {

namespace {

OperationResult answer_service(backend::ServiceResult about) {
  OperationResult result = answer(Outcome::ok);
  result.service = std::make_shared<const backend::ServiceResult>(std::move(about));
  return result;
}

}  // namespace

OperationResult perform(ActionContext& context, const backend::RegisterService& action) {
  const Service known = context.transaction.know_service(action.service);
  return answer(known == action.service ? Outcome::ok : Outcome::refused);
}

OperationResult perform(ActionContext& context, const backend::SubscribeService& action) {
  if (action.service.role == 'N') {
    context.batch.effects.emplace_back(
        SubscribeToService{.service = action.service, .session = context.session, .resume = action.resume});
  } else {
    context.batch.effects.emplace_back(
        AskDirectory{.purpose = action.resume ? AskDirectory::Purpose::resume : AskDirectory::Purpose::subscribe,
                     .queue = {},
                     .service = action.service.id,
                     .result = context.batch.results.size(),
                     .message = nullptr,
                     .blocking = {}});
  }
  backend::ServiceResult about;
  about.ids = context.transaction.service_ids(action.service.id);
  return answer_service(std::move(about));
}

OperationResult perform(ActionContext& context, const backend::ListService& action) {
  ServicePage page = context.transaction.list_service(action.id, action.after, action.limit);
  backend::ServiceResult about;
  about.with_messages = std::move(page.with_messages);
  about.last = page.last;
  about.more = page.more;
  return answer_service(std::move(about));
}

}  // namespace sotto::queue
