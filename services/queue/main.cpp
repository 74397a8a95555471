// sotto-queue: the queue service of a platform.
#include <unistd.h>

#include "libs/crypto/random.hpp"
#include "libs/rpc/lock_checks.hpp"
#include "libs/runtime/large_buffers.hpp"
#include "libs/runtime/server_main.hpp"
#include "services/queue/process/queue_process.hpp"
#include "services/queue/process/settings.hpp"

int main(int argc, char** argv) {
  sotto::runtime::keep_large_buffers();
  sotto::rpc::skip_lock_checks();
  const sotto::SystemClock clock;
  return sotto::runtime::server_main(
      {"sotto-queue", "queue"}, [&] { return sotto::queue::load_program(argc, argv, environ); },
      [&](const sotto::queue::ProgramSettings& settings) {
        sotto::crypto::initialise();
        return sotto::queue::QueueProcess::start(settings, clock);
      });
}
