#include "gateway/authority/use_reports.hpp"

namespace sotto::gateway {

std::uint64_t UseReports::add(const std::vector<backend::UseReport>& uses) {
  std::uint64_t dropped = 0;
  for (const auto& use : uses) {
    if (use.queues == 0) continue;
    if (const auto known = waiting_.find(use.password_id); known != waiting_.end()) {
      known->second += use.queues;
    } else if (waiting_.size() < max_passwords_) {
      waiting_.emplace(use.password_id, use.queues);
    } else {
      dropped += use.queues;
    }
  }
  return dropped;
}

const NumberedReport* UseReports::next() {
  if (sent_) return &*sent_;
  if (waiting_.empty()) return nullptr;
  sent_.emplace().number = ++last_number_;
  sent_->uses.reserve(waiting_.size());
  for (const auto& [id, queues] : waiting_) sent_->uses.push_back({id, queues});
  waiting_.clear();
  return &*sent_;
}

std::uint64_t UseReports::queues() const {
  std::uint64_t out = 0;
  for (const auto& [id, queues] : waiting_) out += queues;
  if (sent_) {
    for (const auto& use : sent_->uses) out += use.queues;
  }
  return out;
}

}  // namespace sotto::gateway
