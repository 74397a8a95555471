// Every connection is an open file: how many of them this process may have. At start, from main().
#pragma once

#include <cstddef>

namespace sotto::runtime {

// Takes all that the system grants (the hard limit).
void raise_file_limit();
// As it stands now; 1024 when the system does not say.
std::size_t file_limit();

}  // namespace sotto::runtime
