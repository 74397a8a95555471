// sotto-server: the standalone server.
#include <unistd.h>

#include "libs/crypto/random.hpp"
#include "libs/runtime/server_main.hpp"
#include "standalone/server.hpp"
#include "standalone/settings/settings.hpp"

int main(int argc, char** argv) {
  const sotto::SystemClock clock;
  return sotto::runtime::server_main(
      {"sotto-server", "server"}, [&] { return sotto::standalone::load_settings(argc, argv, environ); },
      [&](const sotto::standalone::ServerSettings& settings) {
        sotto::crypto::initialise();
        return sotto::standalone::Server::start(settings, clock);
      });
}
