// Scenario notifications: the life of messages whose senders ask for notifications (SEND with flag T, OK, MSG, NMSG,
// ACK, OK), with one client that listens to all notifiers, as a push server does. Checks that every message is notified
// once, in order, with its own id. Throws when the server errs.
#pragma once

#include <cstdint>

#include "bench/report/report.hpp"
#include "bench/scenarios/scenario_options.hpp"
#include "bench/target/target.hpp"

namespace sotto::bench {

struct NotificationsOptions : ScenarioOptions {
  std::size_t pairs = 128;
  std::size_t size = 16'000;
  std::uint64_t messages = 10'000;
};

void notifications(Report& report, Target& target, const NotificationsOptions& options);

}  // namespace sotto::bench
