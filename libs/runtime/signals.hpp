// Signals: SIGTERM, SIGINT and SIGHUP, which main() alone waits for. Made before the first thread: those that start
// later inherit the mask. SIGPIPE is ignored from here on. One thread.
#pragma once

#include <signal.h>

#include <string_view>

namespace sotto::runtime {

class Signals {
 public:
  Signals();

  struct Received {
    std::string_view name;
    bool stop = false;  // false: SIGHUP
  };
  // Waits for one of them.
  [[nodiscard]] Received wait() const;
  // From here on SIGTERM or SIGINT ends the process at once, by its default action. SIGHUP does nothing any more.
  void release_stop() const;

 private:
  sigset_t stop_{};
  sigset_t all_{};
};

}  // namespace sotto::runtime
