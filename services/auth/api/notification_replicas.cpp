#include "services/auth/api/notification_replicas.hpp"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <chrono>

#include "libs/rpc/deadline.hpp"
#include "libs/rpc/status.hpp"

namespace sotto::auth {
namespace {

// For callers without a deadline.
constexpr std::chrono::seconds kMostTime{15};
// Of one replica: time is left for the others.
constexpr std::chrono::seconds kOneTime{2};

// What waits is the same for all of them, but that each collects for itself; what was done, each has done.
void add(const notification::v1::GetStatusResponse& one, notification::v1::GetStatusResponse& all) {
  all.set_notifiers_subscribed(all.notifiers_subscribed() + one.notifiers_subscribed());
  const auto stored = std::max(all.pending_without_subscriber(), one.pending_without_subscriber());
  const auto collected = [](const auto& each) { return each.pending() - each.pending_without_subscriber(); };
  all.set_pending(stored + collected(all) + collected(one));
  all.set_pending_without_subscriber(stored);
  all.set_oldest_pending_seconds(std::max(all.oldest_pending_seconds(), one.oldest_pending_seconds()));
  all.set_delivered(all.delivered() + one.delivered());
  all.set_expired(all.expired() + one.expired());
  all.set_dropped(all.dropped() + one.dropped());
  if (all.services().empty()) *all.mutable_services() = one.services();
}

}  // namespace

NotificationReplicas::NotificationReplicas(const std::vector<std::shared_ptr<grpc::Channel>>& replicas) {
  for (const auto& channel : replicas) {
    replicas_.push_back(notification::v1::NotificationAdmin::NewStub(channel));
  }
}

grpc::Status NotificationReplicas::ask(const grpc::ServerContext& context,
                                       notification::v1::GetStatusResponse& response) const {
  const auto until = std::chrono::system_clock::now() + rpc::time_left(context, kMostTime);
  for (const auto& replica : replicas_) {
    grpc::ClientContext onward;
    onward.set_deadline(std::min(until, std::chrono::system_clock::now() + kOneTime));
    notification::v1::GetStatusResponse one;
    if (!replica->GetStatus(&onward, notification::v1::GetStatusRequest(), &one).ok()) continue;
    add(one, response);
    response.set_replicas(response.replicas() + 1);
  }
  if (response.replicas() == 0) {
    return rpc::to_status({ErrorCode::unavailable, "no replica of the notification service answers"});
  }
  response.set_replicas_asked(static_cast<std::uint32_t>(replicas_.size()));
  return grpc::Status::OK;
}

}  // namespace sotto::auth
