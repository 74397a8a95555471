#include "libs/backend/access_policy.hpp"

namespace sotto::backend {

std::string_view to_string(AccessDecision decision) {
  constexpr std::array<std::string_view, kAccessDecisions> kNames{"allowed",     "missing_password",  "wrong_password",
                                                                  "expired",     "revoked",           "switched_off",
                                                                  "daily_limit", "too_many_attempts", "unknown"};
  return kNames.at(static_cast<std::size_t>(decision));
}

}  // namespace sotto::backend
