// Scenario start: sotto-server with many stored queues: how soon it is ready, and how much memory it takes more than an
// empty one. Always a server of its own: its store is filled behind its back.
#pragma once

#include "bench/report/report.hpp"
#include "bench/scenarios/scenario_options.hpp"

namespace sotto::bench {

struct StartOptions : ScenarioOptions {
  std::size_t queues = 1'000'000;
};

void start(Report& report, const StartOptions& options);

}  // namespace sotto::bench
