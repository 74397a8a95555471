#include "bench/scenarios/body_size.hpp"

#include <fmt/format.h>

#include "bench/load/numbered_body.hpp"
#include "bench/measure/usage_error.hpp"

namespace sotto::bench {

void check_body_size(std::size_t size, smp::Version version) {
  const auto largest = smp::max_message_size(version);
  if (size < kLeastBody || size > largest) {
    throw UsageError(fmt::format("--size must be {} to {} bytes in version {}", kLeastBody, largest, version));
  }
}

}  // namespace sotto::bench
