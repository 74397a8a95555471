// sotto-bench: what Sotto costs, in CPU time and memory (bench/README.md).
#include <sys/resource.h>

#include <exception>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/scenarios.hpp"
#include "libs/crypto/random.hpp"

namespace {

// One pair waits for two durable writes a message: fewer of them show as much.
std::size_t messages_for(std::size_t pairs) {
  return pairs == 1 ? 1'000 : pairs < 64 ? 10'000 : 20'000;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Measures the CPU time and memory of sotto-server and of the platform, beside the cryptographic floor of this "
      "machine.");
  std::string json;
  bool quick = false;
  std::vector<std::string> only;
  std::vector<std::size_t> pairs{1, 16, 64};
  sotto::bench::PlatformFlags flags;
  app.add_option("--json", json, "also write the figures to this file");
  app.add_flag("--quick", quick, "a tenth of the work, to see that it runs");
  app.add_option("--pairs", pairs, "of senders and recipients in life and platform-life, separated by commas")
      ->delimiter(',')
      ->check(CLI::Range(1, 1000));
  app.add_option("--gateway-flag", flags.gateway, "a flag of the gateways of a platform, such as --io-threads=1");
  app.add_option("--queue-flag", flags.queue, "a flag of the queue services of a platform");
  app.add_option("scenario", only,
                 "life, idle, storm, service, start, platform-life, platform-storm, platform-service, change; all when "
                 "none is named");
  CLI11_PARSE(app, argc, argv);

  try {
    sotto::crypto::initialise();
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    const std::size_t scale = quick ? 10 : 1;
    const auto wanted = [&](const char* name) {
      return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
    };
    sotto::bench::Report report;
    if (wanted("life")) {
      const auto server = sotto::bench::standalone_target();
      for (const auto count : pairs) {
        sotto::bench::message_life(report, *server, count, 2 * messages_for(count) / scale);
      }
    }
    if (wanted("idle")) sotto::bench::idle_connections(report, 10'000 / scale);
    if (wanted("storm")) {
      sotto::bench::subscription_storm(report, *sotto::bench::standalone_target(), 200 / scale, 100);
    }
    if (wanted("service")) {
      sotto::bench::service_subscribe(report, *sotto::bench::standalone_target(), 20'000 / scale);
    }
    if (wanted("platform-life")) {
      const auto platform = sotto::bench::platform_target(flags);
      for (const auto count : pairs) sotto::bench::message_life(report, *platform, count, messages_for(count) / scale);
    }
    if (wanted("platform-storm")) {
      sotto::bench::subscription_storm(report, *sotto::bench::platform_target(flags), 500 / scale, 70);
    }
    if (wanted("platform-service")) {
      sotto::bench::service_subscribe(report, *sotto::bench::platform_target(flags), 20'000 / scale);
    }
    if (wanted("start")) sotto::bench::start_up(report, 1'000'000 / scale);
    if (wanted("change")) sotto::bench::password_change(report, 50 / scale);
    fmt::print("\n{}", report.table());
    if (!json.empty()) report.write_json(json);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "sotto-bench: {}\n", error.what());
    return 1;
  }
}
