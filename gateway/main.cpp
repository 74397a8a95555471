// sotto-gateway: the gateway of a platform.
#include <unistd.h>

#include "gateway/process/gateway_process.hpp"
#include "gateway/process/settings.hpp"
#include "libs/crypto/random.hpp"
#include "libs/runtime/server_main.hpp"

int main(int argc, char** argv) {
  using namespace sotto;
  const SystemClock clock;
  return runtime::server_main(
      {"sotto-gateway", "gateway"}, [&] { return gateway::load_program(argc, argv, environ); },
      [&](const gateway::ProgramSettings& settings) {
        crypto::initialise();
        return gateway::GatewayProcess::start(settings, clock);
      });
}
