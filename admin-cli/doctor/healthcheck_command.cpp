#include "admin-cli/doctor/healthcheck_command.hpp"

#include <algorithm>
#include <chrono>
#include <sstream>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "admin-cli/doctor/endpoint_connection.hpp"

namespace sotto::cli {
namespace {

constexpr int kOk = 200;
constexpr double kMaxTimeoutSeconds = 600;

struct Url {
  config::Endpoint endpoint;
  std::string path;
};

Error bad_url(const char* what) {
  return {ErrorCode::invalid_argument, std::string("the URL ") + what + "; it is like http://127.0.0.1:9090/readyz"};
}

Result<Url> parse_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  constexpr std::string_view kName = "localhost:";
  if (!text.starts_with(kScheme)) return bad_url("does not begin with http://");
  // What would break the line of the request, or is not for the server.
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '#'; });
  if (!plain) return bad_url("holds a character that no URL has here");
  text.remove_prefix(kScheme.size());
  const auto slash = std::min(text.find('/'), text.size());
  auto host = std::string(text.substr(0, slash));
  // Nobody is asked for this name: resolvers differ on it.
  if (host.starts_with(kName)) host.replace(0, kName.size(), "127.0.0.1:");
  const auto endpoint = config::parse_endpoint(host);
  if (!endpoint || !*endpoint || (*endpoint)->port == 0) return bad_url("names no IP address (or localhost) and port");
  return Url{**endpoint, slash == text.size() ? "/" : std::string(text.substr(slash))};
}

bool is_loopback(const config::Endpoint& endpoint) {
  return endpoint.address == "::1" || endpoint.address.starts_with("127.");
}

class HealthcheckCommand final : public Command {
 public:
  explicit HealthcheckCommand(CLI::App& app) {
    app.add_option("URL", url_, "Where the server says how it is")->capture_default_str();
    app.add_option("--timeout", timeout_, "Seconds to wait for the answer")
        ->check(CLI::Range(0.001, kMaxTimeoutSeconds))
        ->capture_default_str();
    app.add_flag("--any-host", any_host_, "Ask other machines, too");
    app.footer(
        "Examples:\n"
        "  sotto healthcheck\n"
        "  sotto healthcheck http://127.0.0.1:9090/livez --timeout 1\n"
        "\n"
        "For health checks of containers, which may have neither a shell nor curl. Set metrics.listen of the server.\n"
        "Exit codes: 0 healthy, 2 usage, 4 nobody listens there, 8 no answer in time, 9 not healthy.");
  }

  int run(Console& console) override {
    const auto url = parse_url(url_);
    if (!url) return report(url.error(), console);
    if (!any_host_ && !is_loopback(url->endpoint)) {
      return report({ErrorCode::invalid_argument, "the URL is not of this machine; --any-host allows it"}, console);
    }
    const auto limit = std::chrono::milliseconds(static_cast<std::int64_t>(timeout_ * 1000));
    const auto answer = http_get(url->endpoint, url->path, limit);
    if (!answer) {
      // Whoever else listens there is not a healthy server.
      const auto& error = answer.error();
      return report({error.code == ErrorCode::protocol ? ErrorCode::check_failed : error.code, error.message}, console);
    }
    if (answer->status == kOk) return kExitOk;
    return report({ErrorCode::check_failed, "not healthy: " + reasons(*answer)}, console);
  }

 private:
  // "failed redis: it is away", one after another.
  static std::string reasons(const HttpAnswer& answer) {
    std::string all;
    std::istringstream lines(answer.body);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("failed ")) all += (all.empty() ? "" : "\n") + line;
    }
    return all.empty() ? "status " + std::to_string(answer.status) : all;
  }

  std::string url_ = "http://127.0.0.1:9090/readyz";
  double timeout_ = 3;
  bool any_host_ = false;
};

}  // namespace

void add_healthcheck_command(CLI::App& parent, CommandTable& commands) {
  auto* app = parent.add_subcommand("healthcheck", "Asks a server of this machine whether it is healthy");
  commands.add(*app, std::make_unique<HealthcheckCommand>(*app));
}

}  // namespace sotto::cli
