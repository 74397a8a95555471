#include "admin-cli/commands/server_test_command.hpp"

#include <cstdlib>

#include <CLI/CLI.hpp>

#include "admin-cli/commands/identity_files.hpp"
#include "admin-cli/commands/server_target.hpp"
#include "admin-cli/commands/server_test.hpp"
#include "admin-cli/commands/test_report.hpp"

namespace sotto::cli {
namespace {

constexpr double kMaxTimeoutSeconds = 600;

bool wants_colour(const std::string& choice, const Console& console) {
  if (choice == "always") return true;
  if (choice == "never" || !console.terminal) return false;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return (no_colour == nullptr || *no_colour == '\0') && (terminal == nullptr || std::string(terminal) != "dumb");
}

class ServerTestCommand final : public Command {
 public:
  explicit ServerTestCommand(CLI::App& app) {
    target_.declare(app);
    app.add_flag("--json", json_, "One JSON document");
    app.add_option("--timeout", timeout_, "Seconds for connecting and for each answer (default: 15 and 10)")
        ->check(CLI::Range(0.001, kMaxTimeoutSeconds));
    app.add_flag("--extended", extended_, "Test notifications too, from a second connection");
    auto* ipv4 = app.add_flag("--ipv4", ipv4_, "IPv4 only");
    app.add_flag("--ipv6", ipv6_, "IPv6 only")->excludes(ipv4);
    app.add_option("--color", colour_, "auto, always or never")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->capture_default_str();
    app.footer(
        "Examples:\n"
        "  sotto address show --show-password | sotto server test -\n"
        "  sotto server test smp://LcJU…=@smp.example.com --ipv6 --json\n"
        "  sotto server test --identity-dir /etc/sotto/identity --host smp.example.com\n"
        "\n"
        "Makes a queue, sends a message through it and deletes it. Says which layer fails, why, and what to do.\n"
        "Exit codes: 0 passes, 2 usage or not an address, 3 a file of it cannot be used, 4 cannot connect\n"
        "(dns, tcp), 5 wrong identity or password refused, 8 no answer in time, 9 anything else fails.");
  }

  int run(Console& console) override {
    if (const auto status = target_.check(); !status) return report(status.error(), console);
    const auto address = target_.read(console.in);
    if (!address) {
      if (json_) console.out << bad_address_json(address.error()) << '\n';
      return report(address.error(), console);
    }
    TestOptions options;
    options.extended = extended_;
    if (ipv4_) options.family = client::IpFamily::ipv4;
    if (ipv6_) options.family = client::IpFamily::ipv6;
    if (timeout_ > 0) {
      options.connect_timeout = std::chrono::milliseconds(static_cast<std::int64_t>(timeout_ * 1000));
      options.answer_timeout = options.connect_timeout;
    }
    if (json_) {
      const auto result = test_server(*address, options, nullptr);
      console.out << to_json(result, *address) << '\n';
      return exit_code(result);
    }
    const bool colour = wants_colour(colour_, console);
    console.out << "Testing " << masked(*address) << '\n';
    const auto result = test_server(*address, options, [&](const TestRow& row) {
      print_row(row, colour, console.out);
      console.out.flush();
    });
    print_result(result, *address, colour, console.out);
    return exit_code(result);
  }

 private:
  ServerTarget target_;
  bool json_ = false;
  double timeout_ = 0;
  bool extended_ = false;
  bool ipv4_ = false;
  bool ipv6_ = false;
  std::string colour_ = "auto";
};

}  // namespace

void add_server_commands(CLI::App& parent, CommandTable& commands) {
  auto* group = parent.add_subcommand("server", "Tests servers");
  group->require_subcommand(1);
  group->footer("Example:\n  sotto server test - < address.txt");
  auto* test = group->add_subcommand("test", "Tests a server as the apps do, and says what is wrong with it");
  commands.add(*test, std::make_unique<ServerTestCommand>(*test));
}

}  // namespace sotto::cli
