#include "libs/backend/attempt_limits.hpp"

#include <algorithm>
#include <cstring>

namespace sotto::backend {

// The key is a digest already.
std::size_t AttemptLimits::Hash::operator()(const Key& key) const {
  std::size_t out = 0;
  std::memcpy(&out, key.data(), sizeof out);
  return out;
}

void AttemptLimits::failed(const AccessSource& source) {
  if (!source) return;
  const auto now = clock_.steady_now();
  const std::lock_guard lock(mutex_);
  auto& empty_at = bucket(*source, now);
  // Never fuller than full: a source that goes on trying is limited as long as it does, and not for days after.
  empty_at = std::min(std::max(empty_at, now) + options_.leak, full(now) + options_.leak);
}

void AttemptLimits::learned(const AccessSource& source, std::chrono::milliseconds until_empty) {
  if (!source || until_empty <= std::chrono::milliseconds::zero()) return;
  const auto now = clock_.steady_now();
  const auto most = options_.burst * options_.leak;
  const std::lock_guard lock(mutex_);
  auto& empty_at = bucket(*source, now);
  empty_at = std::max(empty_at, now + std::min<SteadyTime::duration>(until_empty, most));
}

bool AttemptLimits::limited(const AccessSource& source) const {
  if (!source) return false;
  const auto now = clock_.steady_now();
  const std::lock_guard lock(mutex_);
  const auto found = empty_at_.find(*source);
  return found != empty_at_.end() && found->second > full(now);
}

std::size_t AttemptLimits::sources() const {
  const std::lock_guard lock(mutex_);
  return empty_at_.size();
}

SteadyTime& AttemptLimits::bucket(const Key& source, SteadyTime now) {
  if (empty_at_.size() >= options_.max_sources && !empty_at_.contains(source)) make_room(now);
  return empty_at_.try_emplace(source, now).first->second;
}

void AttemptLimits::make_room(SteadyTime now) {
  std::erase_if(empty_at_, [now](const auto& bucket) { return bucket.second <= now; });
  if (empty_at_.size() < options_.max_sources) return;
  const auto least = std::min_element(empty_at_.begin(), empty_at_.end(),
                                      [](const auto& a, const auto& b) { return a.second < b.second; });
  empty_at_.erase(least);
}

}  // namespace sotto::backend
