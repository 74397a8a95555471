// StopSignals: SIGTERM and SIGINT, which main() alone waits for. Made before the first thread: those that start later
// inherit the mask. SIGPIPE is ignored from here on. One thread.
#pragma once

#include <signal.h>

#include <string_view>

namespace sotto::runtime {

class StopSignals {
 public:
  StopSignals();

  // Waits for one of them and returns its name.
  [[nodiscard]] std::string_view wait() const;
  // From here on one of them ends the process at once, by its default action.
  void release() const;

 private:
  sigset_t signals_{};
};

}  // namespace sotto::runtime
