// AccessPolicy: who may create queues, decided from the password of NEW. Any thread; decisions never block.
#pragma once

#include <cstdint>
#include <optional>

#include "libs/base/bytes.hpp"

namespace sotto::backend {

// All refusals are ERR AUTH on the wire; the reason is for metrics and the admin only.
enum class AccessDecision : std::uint8_t { allowed, missing_password, wrong_password, new_queues_off };

class AccessPolicy {
 public:
  virtual ~AccessPolicy() = default;
  // `password` as it came in NEW. Takes the same time for every wrong password of any content.
  [[nodiscard]] virtual AccessDecision may_create(std::optional<ByteView> password) const = 0;
};

}  // namespace sotto::backend
