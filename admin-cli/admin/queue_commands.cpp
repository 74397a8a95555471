// `sotto queue status|block|unblock|delete`.
#include <sotto/queue/v1/queue.grpc.pb.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "admin-cli/admin/admin_commands.hpp"
#include "admin-cli/admin/admin_connection.hpp"
#include "admin-cli/admin/queue_name.hpp"

namespace sotto::cli {
namespace {

namespace qv1 = sotto::queue::v1;
using Stub = qv1::QueueAdmin::Stub;

const char* const kExitCodes =
    "Exit codes: 0 done, 1 the limit of the day is reached, 2 usage, 4 the server is not reached, 5 not allowed,\n"
    "6 no such queue, 7 it was changed at the same time.";

// The part that all of them have: which server, which queue.
class QueueCommand : public Command {
 protected:
  void declare(CLI::App& app) {
    server_.declare(app);
    app.add_option("QUEUE", name_, "An id of the queue, the address of a queue, or a link of an app")->required();
    app.add_option("--role", role_, "Which of its ids it is: sender, recipient, notifier or link")
        ->check(CLI::IsMember({"sender", "recipient", "notifier", "link"}));
    app.add_flag("--json", json_, "One JSON document");
  }
  void declare_change(CLI::App& app) {
    declare(app);
    app.add_flag("--dry-run", dry_run_, "Look whether the queue is there, and change nothing");
  }

  // Looks at the queue, and changes it when that is asked for.
  template <class Response, class Request, class Method>
  int change(Method method, Request request, const char* verb, Console& console) {
    const auto id = queue_name(name_, role_);
    if (!id) return report(id.error(), console);
    auto stub = server_.make_stub<qv1::QueueAdmin>();
    if (!stub) return report(stub.error(), console);
    *request.mutable_id() = *id;
    Status status = ok_status();
    if (dry_run_) {
      qv1::GetQueueStatusRequest look;
      *look.mutable_id() = *id;
      qv1::GetQueueStatusResponse found;
      status = server_.call(**stub, &Stub::GetQueueStatus, look, found);
    } else {
      Response response;
      status = server_.call(**stub, method, request, response);
    }
    if (!status) return report(status.error(), console);
    if (json_) {
      console.out
          << nlohmann::ordered_json{{"schemaVersion", 1}, {"dryRun", dry_run_}, {"done", dry_run_ ? "" : verb}}.dump(2)
          << '\n';
    } else {
      console.out << (dry_run_ ? "would be " : "") << verb << '\n';
    }
    return kExitOk;
  }

  AdminConnection server_;
  std::string name_;
  std::string role_;
  bool json_ = false;
  bool dry_run_ = false;
};

const char* word(qv1::QueueStatus status) {
  if (status == qv1::QUEUE_STATUS_ACTIVE) return "active";
  if (status == qv1::QUEUE_STATUS_OFF) return "off";
  return status == qv1::QUEUE_STATUS_BLOCKED ? "blocked" : "unknown";
}

const char* word(qv1::BlockingReason reason) {
  return reason == qv1::BLOCKING_REASON_CONTENT ? "content" : "spam";
}

class QueueStatusCommand final : public QueueCommand {
 public:
  explicit QueueStatusCommand(CLI::App& app) {
    declare(app);
    app.footer(
        "Examples:\n"
        "  sotto queue status 'smp://…@smp.example.com/…#/?v=1-4&dh=…'\n"
        "  sotto queue status --role recipient AbCd… --json\n"
        "\n"
        "Nothing that is shown tells whose queue it is, or what is in it.\n" +
        std::string(kExitCodes));
  }
  int run(Console& console) override {
    const auto id = queue_name(name_, role_);
    if (!id) return report(id.error(), console);
    auto stub = server_.make_stub<qv1::QueueAdmin>();
    if (!stub) return report(stub.error(), console);
    qv1::GetQueueStatusRequest request;
    *request.mutable_id() = *id;
    qv1::GetQueueStatusResponse found;
    if (auto status = server_.call(**stub, &Stub::GetQueueStatus, request, found); !status) {
      return report(status.error(), console);
    }
    json_ ? print_json(found, console.out) : print(found, console.out);
    return kExitOk;
  }

 private:
  static void print(const qv1::GetQueueStatusResponse& found, std::ostream& out) {
    out << "status      " << word(found.status());
    if (found.has_blocking()) {
      out << " (" << word(found.blocking().reason()) << ')';
      if (!found.blocking().notice_json().empty()) out << ", notice " << found.blocking().notice_json();
    }
    const auto yes = [](bool value) { return value ? "yes" : "no"; };
    out << "\nsecured     " << yes(found.secured()) << "\nnotifier    " << yes(found.has_notifier()) << "\nlink        "
        << yes(found.has_link()) << '\n';
    if (found.has_messages()) out << "messages    " << found.messages() << '\n';
    if (found.has_subscribed()) out << "subscribed  " << yes(found.subscribed()) << '\n';
  }
  static void print_json(const qv1::GetQueueStatusResponse& found, std::ostream& out) {
    nlohmann::ordered_json json{{"schemaVersion", 1}, {"status", word(found.status())}};
    if (found.has_blocking()) {
      json["reason"] = word(found.blocking().reason());
      if (!found.blocking().notice_json().empty()) {
        json["notice"] = nlohmann::ordered_json::parse(found.blocking().notice_json(), nullptr, false);
      }
    }
    json["secured"] = found.secured();
    json["notifier"] = found.has_notifier();
    json["link"] = found.has_link();
    if (found.has_messages()) json["messages"] = found.messages();
    if (found.has_subscribed()) json["subscribed"] = found.subscribed();
    out << json.dump(2) << '\n';
  }
};

class QueueBlockCommand final : public QueueCommand {
 public:
  explicit QueueBlockCommand(CLI::App& app) {
    declare_change(app);
    app.add_option("--reason", reason_, "What the client is told: spam or content")
        ->check(CLI::IsMember({"spam", "content"}))
        ->capture_default_str();
    app.add_option("--notice", notice_, "JSON object for clients from version 18 on, for example '{\"ttl\":86400}'");
    app.footer(
        "Examples:\n"
        "  sotto queue block --reason content 'https://smp.example.com/g#…'\n"
        "\n"
        "Nobody can send to it or receive from it any more; its messages stay. " +
        std::string(kExitCodes));
  }
  int run(Console& console) override {
    qv1::BlockQueueRequest request;
    auto& blocking = *request.mutable_blocking();
    blocking.set_reason(reason_ == "content" ? qv1::BLOCKING_REASON_CONTENT : qv1::BLOCKING_REASON_SPAM);
    blocking.set_notice_json(notice_);
    return change<qv1::BlockQueueResponse>(&Stub::BlockQueue, request, "blocked", console);
  }

 private:
  std::string reason_ = "spam";
  std::string notice_;
};

class QueueUnblockCommand final : public QueueCommand {
 public:
  explicit QueueUnblockCommand(CLI::App& app) {
    declare_change(app);
    app.footer("Example:\n  sotto queue unblock --role link AbCd…\n\n" + std::string(kExitCodes));
  }
  int run(Console& console) override {
    return change<qv1::UnblockQueueResponse>(&Stub::UnblockQueue, qv1::UnblockQueueRequest(), "unblocked", console);
  }
};

class QueueDeleteCommand final : public QueueCommand {
 public:
  explicit QueueDeleteCommand(CLI::App& app) {
    declare_change(app);
    app.add_flag("--yes", yes_, "Do it: the queue and its messages are gone for good");
    app.footer(
        "Example:\n"
        "  sotto queue delete --yes 'smp://…@smp.example.com/…#/?v=1-4&dh=…'\n"
        "\n"
        "To block it leaves its messages, and can be undone. " +
        std::string(kExitCodes));
  }
  int run(Console& console) override {
    if (!yes_ && !dry_run_) {
      return report({ErrorCode::invalid_argument,
                     "the queue and its messages would be gone for good: say --yes, or try "
                     "`sotto queue block`"},
                    console);
    }
    return change<qv1::DeleteQueueResponse>(&Stub::DeleteQueue, qv1::DeleteQueueRequest(), "deleted", console);
  }

 private:
  bool yes_ = false;
};

}  // namespace

std::unique_ptr<Command> make_queue_status_command(CLI::App& app) {
  return std::make_unique<QueueStatusCommand>(app);
}
std::unique_ptr<Command> make_queue_block_command(CLI::App& app) {
  return std::make_unique<QueueBlockCommand>(app);
}
std::unique_ptr<Command> make_queue_unblock_command(CLI::App& app) {
  return std::make_unique<QueueUnblockCommand>(app);
}
std::unique_ptr<Command> make_queue_delete_command(CLI::App& app) {
  return std::make_unique<QueueDeleteCommand>(app);
}

}  // namespace sotto::cli
