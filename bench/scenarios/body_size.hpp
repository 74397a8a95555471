// The sizes that a message of a scenario may have. Any thread.
#pragma once

#include <cstddef>

#include "libs/smp/version.hpp"

namespace sotto::bench {

// Throws UsageError when a body of `size` bytes holds no number, or is too large for this version of SMP.
void check_body_size(std::size_t size, smp::Version version);

}  // namespace sotto::bench
