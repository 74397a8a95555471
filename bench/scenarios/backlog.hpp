// Scenario backlog: queues are filled while their recipients are away, until the server says QUOTA, and drained when
// they are back: every message in order, then the quota marker. Throws when the server errs.
#pragma once

#include "bench/report/report.hpp"
#include "bench/scenarios/scenario_options.hpp"
#include "bench/target/target.hpp"

namespace sotto::bench {

struct BacklogOptions : ScenarioOptions {
  std::size_t queues = 64;
  std::size_t connections = 16;  // of senders, and as many of recipients, at most one a queue
  std::size_t size = 16'000;     // bytes of a message
};

void backlog(Report& report, Target& target, const BacklogOptions& options);

}  // namespace sotto::bench
