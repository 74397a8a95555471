#include "services/notification/process/redis_losses.hpp"

#include <utility>

namespace sotto::notification {
namespace {

// What resumes costs much when there are many, and what fails, fails often.
constexpr std::chrono::seconds kQuiet{3};

}  // namespace

bool RedisLosses::look() {
  if (!client_.connected()) return false;
  // In this order: what fails while we ask is found by the next look.
  const auto failures = hub_.counters().store_failures;
  const auto generation = client_.generation();
  const bool reconnected = generation_ != 0 && generation != generation_;
  due_ = due_ || reconnected || failures != failures_;
  generation_ = generation;
  failures_ = failures;
  const auto now = std::chrono::steady_clock::now();
  if (!due_ || (said_at_ && now < *said_at_ + kQuiet)) return false;
  due_ = false;
  said_at_ = now;
  return true;
}

}  // namespace sotto::notification
