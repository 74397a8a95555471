#include "admin-cli/watch/server_watch_command.hpp"

#include <chrono>
#include <string>

#include <CLI/CLI.hpp>

#include "admin-cli/commands/server_target.hpp"
#include "admin-cli/watch/server_watch.hpp"
#include "libs/config/value.hpp"
#include "libs/observability/exposer.hpp"
#include "libs/observability/log.hpp"
#include "libs/observability/process_metrics.hpp"
#include "libs/runtime/signals.hpp"
#include "libs/runtime/version.hpp"

namespace sotto::cli {
namespace {

using namespace std::chrono_literals;

constexpr double kMaxTimeoutSeconds = 600;

class ServerWatchCommand final : public Command {
 public:
  explicit ServerWatchCommand(CLI::App& app) {
    target_.declare(app);
    app.add_option("--every", every_, "From the start of a test to the start of the next, like 30s or 5m")
        ->capture_default_str();
    app.add_option("--metrics-listen", listen_, "ADDRESS:PORT of /metrics, /livez and /readyz")
        ->envname("SOTTO_METRICS_LISTEN")
        ->capture_default_str();
    app.add_option("--timeout", timeout_, "Seconds for connecting and for each answer (default: 15 and 10)")
        ->check(CLI::Range(0.001, kMaxTimeoutSeconds));
    app.add_flag("--extended", extended_, "Test notifications too, from a second connection");
    app.add_flag("--ipv4", ipv4_, "Test over IPv4; with --ipv6 over each of them");
    app.add_flag("--ipv6", ipv6_, "Test over IPv6; with --ipv4 over each of them");
    app.add_option("--log-format", log_format_, "Lines for people, or one JSON object a line")
        ->envname("SOTTO_LOG_FORMAT")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    app.footer(
        "Examples:\n"
        "  sotto server watch --address-file /run/secrets/address --every 60s --metrics-listen 0.0.0.0:9090\n"
        "  sotto server watch --identity-dir /etc/sotto/identity --host smp.example.com --ipv4 --ipv6\n"
        "\n"
        "Does what `sotto server test` does, until SIGTERM. Files are read again before each test.\n"
        "Exit codes: 0 stopped, 2 usage or not an address, 3 a file cannot be used, or the port of the metrics.");
  }

  int run(Console& console) override {
    if (const auto status = target_.check(); !status) return report(status.error(), console);
    const auto every = config::parse_duration(every_, {1s, 24h});
    if (!every) return report({ErrorCode::invalid_argument, "--every " + every.error().message}, console);
    const auto listen = config::parse_endpoint(listen_);
    if (!listen || !*listen) {
      return report({ErrorCode::invalid_argument, "--metrics-listen " + (listen ? "is empty" : listen.error().message)},
                    console);
    }
    const auto address = target_.read(console.in);
    if (!address) return report(address.error(), console);

    log::configure(log::Level::info, log_format_ == "json" ? log::Format::json : log::Format::text);
    // Before the first thread: all of them leave signals to this one.
    const runtime::Signals signals;
    metrics::Metrics metrics;
    metrics::expose_process(metrics, "probe", std::string(runtime::version()));
    const auto exposer = metrics::HttpExposer::start(metrics, (*listen)->address, (*listen)->port);
    if (!exposer) return report(exposer.error(), console);
    log::info("watching", {{"metrics_port", exposer->port()}});
    {
      const ServerWatch watch(metrics, options(*every), [&]() -> Result<smp::ServerAddress> {
        return target_.in_files() ? target_.read(console.in) : address;
      });
      auto received = signals.wait();
      while (!received.stop) received = signals.wait();
      log::info("stopping", {{"signal", received.name}});
      signals.release_stop();
    }
    return kExitOk;
  }

 private:
  [[nodiscard]] ServerWatch::Options options(std::chrono::milliseconds every) const {
    ServerWatch::Options options;
    options.every = every;
    options.test.extended = extended_;
    if (timeout_ > 0) {
      options.test.connect_timeout = std::chrono::milliseconds(static_cast<std::int64_t>(timeout_ * 1000));
      options.test.answer_timeout = options.test.connect_timeout;
    }
    if (ipv4_ || ipv6_) options.families.clear();
    if (ipv4_) options.families.push_back(client::IpFamily::ipv4);
    if (ipv6_) options.families.push_back(client::IpFamily::ipv6);
    return options;
  }

  ServerTarget target_;
  std::string every_ = "60s";
  std::string listen_ = "127.0.0.1:9090";
  double timeout_ = 0;
  bool extended_ = false;
  bool ipv4_ = false;
  bool ipv6_ = false;
  std::string log_format_ = "text";
};

}  // namespace

void add_server_watch_command(CLI::App& parent, CommandTable& commands) {
  auto* app = parent.get_subcommand("server")->add_subcommand(
      "watch", "Tests a server again and again, and says as metrics what comes of it");
  commands.add(*app, std::make_unique<ServerWatchCommand>(*app));
}

}  // namespace sotto::cli
