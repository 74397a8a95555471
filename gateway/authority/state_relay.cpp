#include "gateway/authority/state_relay.hpp"

#include <utility>

namespace sotto::gateway {

void StateRelay::watch(backend::AccessStateSink* sink) {
  const std::lock_guard lock(mutex_);
  sink_ = sink;
  if (sink_ != nullptr && state_) sink_->update(*state_);
}

void StateRelay::update(backend::AccessState state) {
  const std::lock_guard lock(mutex_);
  state_ = std::move(state);
  if (sink_ != nullptr) sink_->update(*state_);
}

void StateRelay::lost() {
  const std::lock_guard lock(mutex_);
  if (!state_) return;
  state_.reset();
  if (sink_ != nullptr) sink_->lost();
}

bool StateRelay::known() const {
  const std::lock_guard lock(mutex_);
  return state_.has_value();
}

}  // namespace sotto::gateway
