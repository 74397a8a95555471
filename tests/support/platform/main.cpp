// sotto-local-platform: the whole platform on this machine, until Ctrl-C: what `make platform` runs (scripts/platform).
// Everything it starts is throw-away; the identity it is given is kept.
#include <signal.h>

#include <charconv>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "tests/support/platform/platform.hpp"

namespace {

using sotto::test::Platform;

int run(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: sotto-local-platform IDENTITY_DIR PASSWORD_FILE PORT\n");
    return 2;
  }
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGTERM);
  sigprocmask(SIG_BLOCK, &stop, nullptr);

  Platform::Options options;
  options.identity_dir = argv[1];
  options.auth_services = 2;
  options.notification_services = 2;
  options.auth_environment = {std::string("SOTTO_PASSWORD_FILE=") + argv[2]};
  options.balancer = true;
  const std::string_view port = argv[3];
  const auto read = std::from_chars(port.data(), port.data() + port.size(), options.balancer_port);
  if (read.ec != std::errc() || read.ptr != port.data() + port.size()) {
    fmt::print(stderr, "sotto-local-platform: {} is no port\n", port);
    return 2;
  }
  Platform platform(std::move(options));

  fmt::print(
      "\nThe platform is up: 2 gateways, 2 queue services, 2 auth services, 2 notification services, PostgreSQL, "
      "Redis, "
      "HAProxy in front on port {}.\n"
      "Passwords: build/release/bin/sotto password list --server {}\n"
      "Logs and data are in {} and go with it. Ctrl-C ends it all.\n",
      platform.balancer_port(), platform.admin_address(0), platform.directory().string());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&stop, &signal);
  fmt::print("\nStopping.\n");
  for (std::size_t i = 0; i < 2; ++i) platform.gateway(i).stop();
  for (std::size_t i = 0; i < 2; ++i) platform.auth_service(i).stop();
  for (std::size_t i = 0; i < 2; ++i) platform.queue_service(i).stop();
  for (std::size_t i = 0; i < 2; ++i) platform.notification_service(i).stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "sotto-local-platform: {}\n", error.what());
    return 1;
  }
}
