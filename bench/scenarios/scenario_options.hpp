// What every scenario may be told, besides options of its own. A value.
#pragma once

#include <cstdint>

#include "libs/smp/version.hpp"

namespace sotto::bench {

struct ScenarioOptions {
  smp::Version version = 18;  // of SMP, agreed exactly
  unsigned warm_up = 20;      // per cent of the work that are done before measuring, where that makes sense
  bool floor = true;          // measure the cryptographic floor, too

  [[nodiscard]] std::uint64_t warm_up_of(std::uint64_t operations) const { return operations * warm_up / 100; }
};

}  // namespace sotto::bench
