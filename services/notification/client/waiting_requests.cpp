#include "services/notification/client/waiting_requests.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sotto::notification {

WaitingRequests::Entries WaitingRequests::shorten() {
  Entries gone;
  while (entries_.size() > most_) {
    gone.push_back(std::move(entries_.front()));
    entries_.pop_front();
  }
  return gone;
}

WaitingRequests::Entries WaitingRequests::add(contract::NotificationRequest request, RealTime now) {
  entries_.push_back({std::move(request), now});
  return shorten();
}

WaitingRequests::Entries WaitingRequests::put_back(Entries entries) {
  entries_.insert(entries_.begin(), std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
  return shorten();
}

WaitingRequests::Entries WaitingRequests::expire(RealTime now) {
  Entries gone;
  while (!entries_.empty() && now - entries_.front().since > max_age_) {
    gone.push_back(std::move(entries_.front()));
    entries_.pop_front();
  }
  return gone;
}

WaitingRequests::Entries WaitingRequests::take(std::size_t most) {
  const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(std::min(most, entries_.size()));
  Entries taken(std::make_move_iterator(entries_.begin()), std::make_move_iterator(end));
  entries_.erase(entries_.begin(), end);
  return taken;
}

WaitingRequests::Entries WaitingRequests::take_subscriptions() {
  const auto first = std::stable_partition(entries_.begin(), entries_.end(), [](const Entry& each) {
    return !std::holds_alternative<contract::SubscribeRequest>(each.request) &&
           !std::holds_alternative<contract::SubscribeServiceRequest>(each.request);
  });
  Entries taken(std::make_move_iterator(first), std::make_move_iterator(entries_.end()));
  entries_.erase(first, entries_.end());
  return taken;
}

}  // namespace sotto::notification
