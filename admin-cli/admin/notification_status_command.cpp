// `sotto notification status`.
#include <sotto/notification/v1/notification.grpc.pb.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin-cli/admin/admin_commands.hpp"
#include "admin-cli/admin/admin_connection.hpp"

namespace sotto::cli {
namespace {

namespace nv1 = sotto::notification::v1;

class NotificationStatusCommand final : public Command {
 public:
  explicit NotificationStatusCommand(CLI::App& app) {
    server_.declare(app);
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto notification status\n"
        "  sotto notification status --json | jq .pendingWithoutSubscriber\n"
        "\n"
        "Exit codes: 0 done, 1 no notification service answers, 2 usage, 4 the server is not reached, 5 not allowed.");
  }
  int run(Console& console) override {
    auto stub = server_.make_stub<nv1::NotificationAdmin>();
    if (!stub) return report(stub.error(), console);
    nv1::GetStatusResponse found;
    if (auto status = server_.call(**stub, &nv1::NotificationAdmin::Stub::GetStatus, nv1::GetStatusRequest(), found);
        !status) {
      return report(status.error(), console);
    }
    json_ ? print_json(found, console.out) : print(found, console.out);
    return kExitOk;
  }

 private:
  static void print(const nv1::GetStatusResponse& found, std::ostream& out) {
    if (found.replicas_asked() > 0) {
      out << fmt::format("replicas    {} of {}\n", found.replicas(), found.replicas_asked());
    }
    out << fmt::format("subscribed  {}\npending     {}, {} of them for notifiers that nobody listens to\n",
                       found.notifiers_subscribed(), found.pending(), found.pending_without_subscriber());
    if (found.oldest_pending_seconds() > 0) out << fmt::format("oldest      {} s\n", found.oldest_pending_seconds());
    out << fmt::format("delivered   {}\nexpired     {}\ndropped     {}\n", found.delivered(), found.expired(),
                       found.dropped());
    for (const auto& service : found.services()) {
      out << fmt::format("service     {} {}, notifications wait for {} of its notifiers\n", service.certificate(),
                         service.subscribed() ? "subscribed" : "away", service.notifiers_pending());
    }
  }
  static void print_json(const nv1::GetStatusResponse& found, std::ostream& out) {
    nlohmann::ordered_json json{{"schemaVersion", 1},
                                {"notifiersSubscribed", found.notifiers_subscribed()},
                                {"pending", found.pending()},
                                {"pendingWithoutSubscriber", found.pending_without_subscriber()},
                                {"oldestPendingSeconds", found.oldest_pending_seconds()},
                                {"delivered", found.delivered()},
                                {"expired", found.expired()},
                                {"dropped", found.dropped()},
                                {"services", nlohmann::ordered_json::array()}};
    for (const auto& service : found.services()) {
      json["services"].push_back({{"certificate", service.certificate()},
                                  {"subscribed", service.subscribed()},
                                  {"notifiersPending", service.notifiers_pending()}});
    }
    if (found.replicas_asked() > 0) {
      json["replicas"] = found.replicas();
      json["replicasAsked"] = found.replicas_asked();
    }
    out << json.dump(2) << '\n';
  }

  AdminConnection server_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_notification_status_command(CLI::App& app) {
  return std::make_unique<NotificationStatusCommand>(app);
}

}  // namespace sotto::cli
