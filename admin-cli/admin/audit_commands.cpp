// `sotto audit list`.
#include <sotto/admin/v1/admin.grpc.pb.h>

#include <algorithm>
#include <chrono>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin-cli/admin/admin_commands.hpp"
#include "admin-cli/admin/admin_connection.hpp"
#include "admin-cli/admin/times.hpp"
#include "libs/base/clock.hpp"
#include "libs/config/value.hpp"

namespace sotto::cli {
namespace {

namespace v1 = sotto::admin::v1;

constexpr std::uint32_t kPage = 1000;

void print_entry(const v1::AuditEntry& entry, std::ostream& out) {
  out << fmt::format("{}  {:<20}  {:<18}  {}", format_time(entry.seconds()),
                     entry.actor().empty() ? "-" : entry.actor(), entry.action(),
                     entry.subject().empty() ? "-" : entry.subject());
  if (entry.refused()) out << "  REFUSED";
  if (!entry.reason().empty()) out << (entry.refused() ? ": " : "  ") << entry.reason();
  out << '\n';
}

class AuditListCommand final : public Command {
 public:
  explicit AuditListCommand(CLI::App& app) {
    server_.declare(app);
    app.add_option("--since", since_, "How far back: 7d, or from a day on: 2027-01-31");
    app.add_option("--limit", limit_, "Entries at most")->check(CLI::Range(1, 1'000'000))->capture_default_str();
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto audit list --since 7d\n"
        "  sotto audit list --limit 1000 --json\n"
        "\n"
        "Exit codes: 0 listed, 2 usage, 4 the server is not reached, 5 not allowed.");
  }

  int run(Console& console) override {
    v1::ListAuditRequest request;
    if (!since_.empty()) {
      const auto since = since_time();
      if (!since) return report({since.error().code, "--since " + since.error().message}, console);
      request.set_since(*since);
    }
    auto stub = server_.make_stub<v1::AuditAdmin>();
    if (!stub) return report(stub.error(), console);
    nlohmann::ordered_json json{{"schemaVersion", 1}, {"entries", nlohmann::ordered_json::array()}};
    for (std::uint32_t left = limit_; left > 0;) {
      request.set_page_size(std::min(left, kPage));
      v1::ListAuditResponse page;
      if (auto status = server_.call(**stub, &v1::AuditAdmin::Stub::ListAudit, request, page); !status) {
        return report(status.error(), console);
      }
      for (const auto& entry : page.entries()) {
        json_ ? json["entries"].push_back(to_json(entry)) : print_entry(entry, console.out);
      }
      left -= std::min(left, static_cast<std::uint32_t>(page.entries_size()));
      if (page.next_page_token().empty()) break;
      request.set_page_token(page.next_page_token());
    }
    if (json_) console.out << json.dump(2) << '\n';
    return kExitOk;
  }

 private:
  // A duration goes back from now.
  [[nodiscard]] Result<std::int64_t> since_time() const {
    const auto now = unix_seconds(std::chrono::system_clock::now());
    constexpr std::chrono::milliseconds kMost = std::chrono::hours(24 * 36500);
    const auto back = config::parse_duration(since_, {std::chrono::milliseconds(0), kMost});
    if (back) return now - std::chrono::duration_cast<std::chrono::seconds>(*back).count();
    return parse_time(since_, now);
  }
  static nlohmann::ordered_json to_json(const v1::AuditEntry& entry) {
    nlohmann::ordered_json out{{"time", format_time(entry.seconds())},
                               {"actor", entry.actor()},
                               {"action", entry.action()},
                               {"subject", entry.subject()},
                               {"refused", entry.refused()}};
    if (!entry.reason().empty()) out["reason"] = entry.reason();
    return out;
  }

  AdminConnection server_;
  std::string since_;
  std::uint32_t limit_ = 100;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_audit_list_command(CLI::App& app) {
  return std::make_unique<AuditListCommand>(app);
}

}  // namespace sotto::cli
