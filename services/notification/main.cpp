// sotto-notification: the notification service of a platform.
#include <unistd.h>

#include "libs/rpc/lock_checks.hpp"
#include "libs/runtime/server_main.hpp"
#include "services/notification/process/notification_process.hpp"
#include "services/notification/process/settings.hpp"

int main(int argc, char** argv) {
  sotto::rpc::skip_lock_checks();
  const sotto::SystemClock clock;
  return sotto::runtime::server_main(
      {"sotto-notification", "notification"}, [&] { return sotto::notification::load_program(argc, argv, environ); },
      [&](const sotto::notification::ProgramSettings& settings) {
        return sotto::notification::NotificationProcess::start(settings, clock);
      });
}
