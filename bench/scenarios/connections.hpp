// Scenario connections: many clients that are connected and subscribed and do nothing: what each of them takes of
// memory, and what it costs to connect. Throws when the server errs.
#pragma once

#include <chrono>

#include "bench/report/report.hpp"
#include "bench/scenarios/scenario_options.hpp"
#include "bench/target/target.hpp"

namespace sotto::bench {

struct ConnectionsOptions : ScenarioOptions {
  std::size_t connections = 10'000;
  std::size_t subscriptions = 1;  // of each
  std::chrono::seconds hold{0};   // stay so long, and see that nobody is hung up on
  std::chrono::seconds churn{0};  // then connect and disconnect 64 more at a time for so long
};

void connections(Report& report, Target& target, const ConnectionsOptions& options);

}  // namespace sotto::bench
