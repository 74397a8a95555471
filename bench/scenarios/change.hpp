// Scenario change: how long a revoked password is still taken by the gateways of a platform. Always a platform of its
// own, whose processes it kills.
#pragma once

#include "bench/report/report.hpp"
#include "bench/scenarios/scenario_options.hpp"

namespace sotto::bench {

struct ChangeOptions : ScenarioOptions {
  std::size_t rounds = 50;
};

void change(Report& report, const ChangeOptions& options);

}  // namespace sotto::bench
