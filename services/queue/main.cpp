// sotto-queue: the queue service of a platform.
#include <unistd.h>

#include "libs/crypto/random.hpp"
#include "libs/runtime/server_main.hpp"
#include "services/queue/process/queue_process.hpp"
#include "services/queue/process/settings.hpp"

int main(int argc, char** argv) {
  using namespace sotto;
  const SystemClock clock;
  return runtime::server_main(
      {"sotto-queue", "queue"}, [&] { return queue::load_program(argc, argv, environ); },
      [&](const queue::ProgramSettings& settings) {
        crypto::initialise();
        return queue::QueueProcess::start(settings, clock);
      });
}
