#include "libs/runtime/signals.hpp"

namespace sotto::runtime {

Signals::Signals() {
  sigemptyset(&stop_);
  sigaddset(&stop_, SIGTERM);
  sigaddset(&stop_, SIGINT);
  sigemptyset(&all_);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&all_, number);
  pthread_sigmask(SIG_BLOCK, &all_, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

Signals::Received Signals::wait() const {
  int number = 0;
  sigwait(&all_, &number);
  if (number == SIGHUP) return {"SIGHUP", false};
  return {number == SIGINT ? "SIGINT" : "SIGTERM", true};
}

void Signals::release_stop() const {
  pthread_sigmask(SIG_UNBLOCK, &stop_, nullptr);
}

}  // namespace sotto::runtime
