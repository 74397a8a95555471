#include "libs/runtime/signals.hpp"

namespace sotto::runtime {

Signals::Signals() {
  sigemptyset(&stop_);
  sigaddset(&stop_, SIGTERM);
  sigaddset(&stop_, SIGINT);
  all_ = stop_;
  sigaddset(&all_, SIGHUP);
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
