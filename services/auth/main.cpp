// sotto-auth: the auth service of a platform.
#include <unistd.h>

#include "libs/crypto/random.hpp"
#include "libs/rpc/lock_checks.hpp"
#include "libs/runtime/server_main.hpp"
#include "services/auth/process/auth_process.hpp"
#include "services/auth/process/settings.hpp"

int main(int argc, char** argv) {
  sotto::rpc::skip_lock_checks();
  const sotto::SystemClock clock;
  return sotto::runtime::server_main(
      {"sotto-auth", "auth"}, [&] { return sotto::auth::load_program(argc, argv, environ); },
      [&](const sotto::auth::ProgramSettings& settings) {
        sotto::crypto::initialise();
        return sotto::auth::AuthProcess::start(settings, clock);
      });
}
