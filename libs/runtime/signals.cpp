#include "libs/runtime/stop_signals.hpp"

namespace sotto::runtime {

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

std::string_view StopSignals::wait() const {
  int number = 0;
  sigwait(&signals_, &number);
  return number == SIGINT ? "SIGINT" : "SIGTERM";
}

void StopSignals::release() const {
  pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
}

}  // namespace sotto::runtime
