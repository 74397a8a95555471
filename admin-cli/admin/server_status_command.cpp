// `sotto server status`.
#include <sotto/admin/v1/admin.grpc.pb.h>
#include <sotto/queue/v1/queue.grpc.pb.h>

#include <optional>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin-cli/admin/admin_commands.hpp"
#include "admin-cli/admin/admin_connection.hpp"
#include "admin-cli/admin/times.hpp"

namespace sotto::cli {
namespace {

namespace v1 = sotto::admin::v1;
namespace qv1 = sotto::queue::v1;

class ServerStatusCommand final : public Command {
 public:
  explicit ServerStatusCommand(CLI::App& app) {
    server_.declare(app);
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto server status\n"
        "  sotto server status --json | jq .ready\n"
        "\n"
        "Exit codes: 0 it is ready, 2 usage, 4 the server is not reached, 5 not allowed, 9 it is not ready.");
  }
  int run(Console& console) override {
    auto stub = server_.make_stub<v1::ServerAdmin>();
    if (!stub) return report(stub.error(), console);
    v1::GetServerStatusResponse found;
    if (auto status =
            server_.call(**stub, &v1::ServerAdmin::Stub::GetServerStatus, v1::GetServerStatusRequest(), found);
        !status) {
      return report(status.error(), console);
    }
    auto queues = server_.make_stub<qv1::QueueAdmin>();
    if (!queues) return report(queues.error(), console);
    // Of a platform they are elsewhere: without them the rest is still worth being said.
    std::optional<qv1::GetTotalsResponse> totals(std::in_place);
    if (!server_.call(**queues, &qv1::QueueAdmin::Stub::GetTotals, qv1::GetTotalsRequest(), *totals)) totals.reset();
    json_ ? print_json(found, totals, console.out) : print(found, totals, console.out);
    return found.ready() ? kExitOk : error_row(ErrorCode::check_failed).exit_code;
  }

 private:
  static void print(const v1::GetServerStatusResponse& found, const std::optional<qv1::GetTotalsResponse>& totals,
                    std::ostream& out) {
    out << "ready     " << (found.ready() ? "yes" : "no") << "\nversion   " << found.version() << "\nstarted   "
        << format_time(found.started()) << "\nqueues    " << (totals ? std::to_string(totals->queues()) : "unknown")
        << "\nmessages  " << (totals ? std::to_string(totals->messages()) : "unknown") << '\n';
    for (const auto& part : found.dependencies()) {
      out << fmt::format("{:<9} {}\n", part.name(), part.healthy() ? "ok" : part.message());
    }
  }
  static void print_json(const v1::GetServerStatusResponse& found, const std::optional<qv1::GetTotalsResponse>& totals,
                         std::ostream& out) {
    nlohmann::ordered_json json{
        {"schemaVersion", 1},         {"component", found.component()},           {"ready", found.ready()},
        {"version", found.version()}, {"started", format_time(found.started())},  {"queues", nullptr},
        {"messages", nullptr},        {"checks", nlohmann::ordered_json::array()}};
    if (totals) {
      json["queues"] = totals->queues();
      json["messages"] = totals->messages();
    }
    for (const auto& part : found.dependencies()) {
      nlohmann::ordered_json line{{"name", part.name()}, {"ok", part.healthy()}};
      if (!part.healthy()) line["reason"] = part.message();
      json["checks"].push_back(std::move(line));
    }
    out << json.dump(2) << '\n';
  }

  AdminConnection server_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_server_status_command(CLI::App& app) {
  return std::make_unique<ServerStatusCommand>(app);
}

}  // namespace sotto::cli
