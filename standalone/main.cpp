// sotto-server: the standalone server. Reads settings, starts the server, waits for a signal, drains.
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>

#include <fmt/format.h>

#include "libs/crypto/random.hpp"
#include "libs/observability/exposer.hpp"
#include "libs/observability/log.hpp"
#include "standalone/server.hpp"
#include "standalone/settings/settings.hpp"

namespace sotto::standalone {
namespace {

// SIGTERM and SIGINT are waited for by main() alone; threads that start later inherit the mask.
sigset_t block_stop_signals() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return stop;
}

// Every connection is a file: take all that the system grants.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int fail(const Error& error) {
  fmt::print(stderr, "sotto-server: {}\n", error.message);
  return error_row(error.code).exit_code;
}

int run(const ServerSettings& settings, const std::vector<std::string>& warnings) {
  log::configure(settings.log_level, settings.log_format);
  raise_file_limit();
  auto stop = block_stop_signals();
  crypto::initialise();
  for (const auto& warning : warnings) log::warning("setting", {{"warning", warning}});

  const SystemClock clock;
  metrics::Metrics registry;
  auto server = Server::start(settings, clock);
  if (!server) return fail(server.error());
  for (const auto& warning : (*server)->warnings()) log::warning("start", {{"warning", warning}});
  (*server)->expose(registry);
  std::optional<metrics::HttpExposer> exposer;
  if (settings.metrics_listen) {
    auto started =
        metrics::HttpExposer::start(registry, settings.metrics_listen->address, settings.metrics_listen->port);
    if (!started) {
      registry.release_callbacks();
      return fail(started.error());
    }
    exposer.emplace(std::move(*started));
    log::info("metrics", {{"port", exposer->port()}});
  }
  for (const auto port : (*server)->ports()) log::info("listening", {{"port", port}});
  log::info("ready", {{"queues", (*server)->stored_queues()}});

  int signal = 0;
  sigwait(&stop, &signal);
  log::info("stopping", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
  // A second signal ends the process at once, by its default action.
  pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);
  registry.release_callbacks();
  (*server)->stop();
  log::info("stopped");
  return 0;
}

int main_checked(int argc, char** argv) {
  auto loaded = load_settings(argc, argv, environ);
  if (!loaded) return fail(loaded.error());
  if (loaded->request == config::Request::run) return run(loaded->settings, loaded->warnings);
  for (const auto& warning : loaded->warnings) fmt::print(stderr, "sotto-server: warning: {}\n", warning);
  fmt::print("{}", loaded->text);
  return 0;
}

}  // namespace
}  // namespace sotto::standalone

int main(int argc, char** argv) {
  try {
    return sotto::standalone::main_checked(argc, argv);
  } catch (const std::exception& error) {
    std::fputs("sotto-server: internal error: ", stderr);
    std::fputs(error.what(), stderr);
    std::fputs("\n", stderr);
    return 1;
  }
}
