#include "services/auth/rpc/report_ledger.hpp"

namespace sotto::auth {

bool ReportLedger::take(std::uint64_t gateway, std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto known = by_id_.find(gateway);
  if (known == by_id_.end()) {
    latest_first_.push_front({gateway, number});
    by_id_.emplace(gateway, latest_first_.begin());
    if (by_id_.size() > max_gateways_) {
      by_id_.erase(latest_first_.back().id);
      latest_first_.pop_back();
    }
    return true;
  }
  const auto entry = known->second;
  latest_first_.splice(latest_first_.begin(), latest_first_, entry);
  if (number <= entry->last) return false;
  entry->last = number;
  return true;
}

std::size_t ReportLedger::gateways() const {
  const std::lock_guard lock(mutex_);
  return by_id_.size();
}

}  // namespace sotto::auth
