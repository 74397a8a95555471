#include "services/auth/domain/refusal_limit.hpp"

#include <utility>

namespace sotto::auth {

std::optional<std::uint64_t> RefusalLimit::admit(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (!minute_ || now - *minute_ >= std::chrono::minutes(1)) {
    minute_ = now;
    written_ = 0;
  }
  if (written_ == kAMinute) {
    ++passed_over_;
    return std::nullopt;
  }
  ++written_;
  return std::exchange(passed_over_, 0);
}

}  // namespace sotto::auth
