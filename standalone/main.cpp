// sotto-server: the standalone server.
#include <unistd.h>

#include "libs/crypto/random.hpp"
#include "libs/runtime/server_main.hpp"
#include "standalone/server.hpp"
#include "standalone/settings/settings.hpp"

int main(int argc, char** argv) {
  using namespace sotto;
  const SystemClock clock;
  return runtime::server_main(
      {"sotto-server", "server"}, [&] { return standalone::load_settings(argc, argv, environ); },
      [&](const standalone::ServerSettings& settings) {
        crypto::initialise();
        return standalone::Server::start(settings, clock);
      });
}
