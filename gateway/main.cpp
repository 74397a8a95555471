// sotto-gateway: the gateway of a platform.
#include <unistd.h>

#include "gateway/process/gateway_process.hpp"
#include "gateway/process/settings.hpp"
#include "libs/crypto/random.hpp"
#include "libs/rpc/lock_checks.hpp"
#include "libs/runtime/large_buffers.hpp"
#include "libs/runtime/server_main.hpp"

int main(int argc, char** argv) {
  sotto::runtime::keep_large_buffers();
  sotto::rpc::skip_lock_checks();
  const sotto::SystemClock clock;
  return sotto::runtime::server_main(
      {"sotto-gateway", "gateway"}, [&] { return sotto::gateway::load_program(argc, argv, environ); },
      [&](const sotto::gateway::ProgramSettings& settings) {
        sotto::crypto::initialise();
        return sotto::gateway::GatewayProcess::start(settings, clock);
      });
}
