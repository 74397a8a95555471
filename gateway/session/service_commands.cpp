// The commands of a block that are about services: SUBS and NSUBS from the command to its answer, and what NEW, SUB and
// NSUB of a service's session mean to its subscription.
#include <variant>

#include "gateway/session/block_task.hpp"
#include "gateway/session/responses.hpp"

namespace sotto::gateway {
namespace {

ServiceDrift drift_of(std::int64_t count, ByteView ids_hash, const backend::IdSet& known) {
  if (count == -1) return ServiceDrift::unchecked;
  if (known.count > count) return ServiceDrift::more;
  if (known.count < count) return ServiceDrift::fewer;
  return equal(ids_hash, known.hash) ? ServiceDrift::none : ServiceDrift::other;
}

}  // namespace

bool BlockTask::is_of_service(const Item& item) {
  return std::holds_alternative<smp::Subs>(*item.command) || std::holds_alternative<smp::Nsubs>(*item.command);
}

bool BlockTask::subscribes_service(const backend::Action& action) const {
  if (!owner_->session()->service) return false;
  if (const auto* create = std::get_if<backend::Create>(&action)) return create->subscribe;
  return std::holds_alternative<backend::Subscribe>(action) ||
         std::holds_alternative<backend::SubscribeNotifier>(action) ||
         std::holds_alternative<backend::SubscribeService>(action);
}

std::optional<ServiceId> BlockTask::service_id() const {
  const auto& service = owner_->session()->service;
  return service ? std::optional(service->id) : std::nullopt;
}

void BlockTask::serve(ByteView id, bool is_new) {
  auto& serving = *owner_->session()->serving;
  if (!serving.subscribed) owner_->context().counters.service_subscriptions.add();
  serving.add(id, is_new);
}

void BlockTask::answer_subscribed(Item& item) {
  const auto& service = owner_->session()->service;
  answer(item, service ? smp::Sok{service->id.view()} : smp::Sok{});
}

std::optional<backend::Action> BlockTask::subscribe_service_action(Item& item) {
  const auto& session = *owner_->session();
  if (session.serving->whole) {
    answer(item, smp::Soks{session.serving->ids.count, session.serving->ids.hash});
    return std::nullopt;
  }
  return backend::SubscribeService{known_as(*session.service), false};
}

void BlockTask::answer_service(Item& item, const backend::OperationResult& result) {
  if (!result.service) return fail(item, store_error());
  auto& session = *owner_->session();
  auto& serving = *session.serving;
  auto& counters = owner_->context().counters;
  if (!serving.subscribed) counters.service_subscriptions.add();
  serving.subscribed = true;
  serving.whole = true;
  serving.ids = result.service->ids;
  const auto* subs = std::get_if<smp::Subs>(&*item.command);
  const auto* nsubs = std::get_if<smp::Nsubs>(&*item.command);
  if (subs != nullptr) {
    serving.list();
    serving.owes_alls = true;
  }
  const auto drift = session.version() < smp::kVersionServiceHash
                         ? ServiceDrift::unchecked
                         : drift_of(subs != nullptr ? subs->count : nsubs->count,
                                    subs != nullptr ? subs->ids_hash : nsubs->ids_hash, serving.ids);
  counters.service_drift[static_cast<std::size_t>(drift)].add();
  answer(item, smp::Soks{serving.ids.count, serving.ids.hash});
}

}  // namespace sotto::gateway
