#include "tests/support/load/ledger.hpp"

#include <algorithm>

namespace sotto::test {

Ledger::Number Ledger::next() {
  const std::lock_guard lock(mutex_);
  return ++sent_;
}

void Ledger::stored(Number number) {
  const std::lock_guard lock(mutex_);
  stored_.insert(number);
}

void Ledger::delivered(Number number) {
  const std::lock_guard lock(mutex_);
  const auto fault = [&](const std::string& text) {
    faults_.push_back("message " + std::to_string(number) + " " + text);
  };
  const auto last = delivered_.empty() ? 0 : delivered_.back();
  if (number > sent_) return fault("was delivered and never sent");
  if (number <= acknowledged_) return fault("came again after its ACK was answered");
  if (number == last) return;  // delivered again: its ACK was not answered
  if (number < last) return fault("came after message " + std::to_string(last));
  // The next message may come only when the one before was acknowledged, answered or not.
  if (last != acknowledging_) fault("came while message " + std::to_string(last) + " was not acknowledged");
  delivered_.push_back(number);
}

void Ledger::acknowledging(Number number) {
  const std::lock_guard lock(mutex_);
  acknowledging_ = number;
}

void Ledger::acknowledged(Number number) {
  const std::lock_guard lock(mutex_);
  acknowledged_ = number;
}

std::size_t Ledger::stored_count() const {
  const std::lock_guard lock(mutex_);
  return stored_.size();
}

bool Ledger::all_stored_acknowledged() const {
  const std::lock_guard lock(mutex_);
  return stored_.empty() || *stored_.rbegin() <= acknowledged_;
}

void Ledger::check_complete() {
  const std::lock_guard lock(mutex_);
  for (const auto number : stored_) {
    if (!std::binary_search(delivered_.begin(), delivered_.end(), number)) {
      faults_.push_back("message " + std::to_string(number) + " was answered OK and never delivered");
    }
  }
}

std::vector<std::string> Ledger::faults() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}

}  // namespace sotto::test
