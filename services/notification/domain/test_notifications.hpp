// Values for tests of the notification service: the same number gives the same value. Only tests include this.
#pragma once

#include <cstdint>

#include "libs/backend/record.hpp"

namespace sotto::notification {

inline NotifierId test_notifier(std::uint8_t number) {
  NotifierId id;
  id.bytes.fill(number);
  return id;
}

inline backend::Notification test_notification(std::uint8_t number, std::int64_t seconds = 1'700'000'000) {
  backend::Notification out;
  out.nonce.fill(number);
  out.encrypted_meta = Bytes(144, number);
  out.seconds = seconds;
  return out;
}

}  // namespace sotto::notification
