// UsageError: what the command line asks for cannot be done, whatever the server does (exit code 2). Any thread.
#pragma once

#include <stdexcept>

namespace sotto::bench {

class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace sotto::bench
