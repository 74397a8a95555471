#include "services/notification/api/event_outbox.hpp"

#include <algorithm>
#include <utility>

namespace sotto::notification {

std::size_t EventOutbox::weight(const contract::SessionEvent& event) {
  const auto* notified = std::get_if<backend::Notified>(&event.event);
  return notified == nullptr ? 1 : std::max<std::size_t>(notified->notifications.size(), 1);
}

std::size_t EventOutbox::add(contract::SessionEvent event) {
  const auto more = weight(event);
  std::size_t dropped = 0;
  while (!events_.empty() && waiting_ + more > limits_.max_events) {
    const auto oldest = weight(events_.front());
    dropped += oldest;
    waiting_ -= oldest;
    events_.pop_front();
  }
  waiting_ += more;
  events_.push_back(std::move(event));
  return dropped;
}

std::size_t EventOutbox::take(v1::ServiceFrame& frame) {
  if (welcome_) frame.mutable_welcome()->set_name(*std::exchange(welcome_, std::nullopt));
  frame.set_leaving(std::exchange(leaving_, false));
  if (std::exchange(resume_, false)) {
    frame.mutable_resume()->set_scope(contract::common::Resume::SCOPE_STREAM);
  }
  // All of them, for they come before the events of their sessions.
  for (const auto number : std::exchange(registered_, {})) frame.add_registered(number);
  std::size_t taken = 0;
  while (!events_.empty()) {
    const auto next = weight(events_.front());
    if (taken > 0 && taken + next > limits_.max_frame) break;
    contract::to_proto(events_.front(), *frame.add_events());
    events_.pop_front();
    taken += next;
  }
  waiting_ -= taken;
  return taken;
}

}  // namespace sotto::notification
