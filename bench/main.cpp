// sotto-bench: what Sotto costs, in CPU time and memory (bench/README.md).
#include <sys/resource.h>

#include <exception>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/scenarios.hpp"
#include "libs/crypto/random.hpp"

int main(int argc, char** argv) {
  CLI::App app(
      "Measures the CPU time and memory of sotto-server and of the platform, beside the cryptographic floor of this "
      "machine.");
  std::string json;
  bool quick = false;
  std::vector<std::string> only;
  app.add_option("--json", json, "also write the figures to this file");
  app.add_flag("--quick", quick, "a tenth of the work, to see that it runs");
  app.add_option("scenario", only, "life, idle, storm, start, platform-life, platform-storm; all when none is named");
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
      // One pair waits for two durable writes a message: fewer of them show as much.
      const auto server = sotto::bench::standalone_target();
      sotto::bench::message_life(report, *server, 1, 2'000 / scale);
      sotto::bench::message_life(report, *server, 16, 20'000 / scale);
      sotto::bench::message_life(report, *server, 64, 40'000 / scale);
    }
    if (wanted("idle")) sotto::bench::idle_connections(report, 10'000 / scale);
    if (wanted("storm")) {
      sotto::bench::subscription_storm(report, *sotto::bench::standalone_target(), 200 / scale, 100);
    }
    if (wanted("platform-life")) {
      const auto platform = sotto::bench::platform_target();
      sotto::bench::message_life(report, *platform, 1, 1'000 / scale);
      sotto::bench::message_life(report, *platform, 16, 10'000 / scale);
      sotto::bench::message_life(report, *platform, 64, 20'000 / scale);
    }
    if (wanted("platform-storm")) {
      sotto::bench::subscription_storm(report, *sotto::bench::platform_target(), 500 / scale, 70);
    }
    if (wanted("start")) sotto::bench::start_up(report, 1'000'000 / scale);
    fmt::print("\n{}", report.table());
    if (!json.empty()) report.write_json(json);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "sotto-bench: {}\n", error.what());
    return 1;
  }
}
