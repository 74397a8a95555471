// `sotto policy show` and `set`.
#include <sotto/admin/v1/admin.grpc.pb.h>

#include <optional>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "admin-cli/admin/admin_commands.hpp"
#include "admin-cli/admin/admin_connection.hpp"
#include "libs/config/value.hpp"

namespace sotto::cli {
namespace {

namespace v1 = sotto::admin::v1;

const char* on_off(bool on) {
  return on ? "on" : "off";
}

void print(const v1::Policy& policy, std::uint64_t version, bool json, bool dry_run, std::ostream& out) {
  if (json) {
    nlohmann::ordered_json document{{"schemaVersion", 1},
                                    {"dryRun", dry_run},
                                    {"newQueues", policy.new_queues()},
                                    {"proxy", policy.proxy()},
                                    {"proxyDestinations", nlohmann::ordered_json::array()},
                                    {"version", version}};
    for (const auto& destination : policy.proxy_destinations()) document["proxyDestinations"].push_back(destination);
    out << document.dump(2) << '\n';
    return;
  }
  out << "new queues          " << on_off(policy.new_queues()) << '\n'
      << "proxy               " << on_off(policy.proxy());
  out << "\nproxy destinations  ";
  if (policy.proxy_destinations().empty()) out << "all";
  for (int i = 0; i < policy.proxy_destinations_size(); ++i) {
    out << (i == 0 ? "" : ", ") << policy.proxy_destinations(i);
  }
  out << '\n';
}

class PolicyShowCommand final : public Command {
 public:
  explicit PolicyShowCommand(CLI::App& app) {
    server_.declare(app);
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto policy show\n"
        "\n"
        "Exit codes: 0 shown, 2 usage, 4 the server is not reached, 5 not allowed.");
  }
  int run(Console& console) override {
    auto stub = server_.make_stub<v1::PolicyAdmin>();
    if (!stub) return report(stub.error(), console);
    v1::GetPolicyResponse policy;
    if (auto status = server_.call(**stub, &v1::PolicyAdmin::Stub::GetPolicy, v1::GetPolicyRequest(), policy);
        !status) {
      return report(status.error(), console);
    }
    print(policy.policy(), policy.version(), json_, false, console.out);
    return kExitOk;
  }

 private:
  AdminConnection server_;
  bool json_ = false;
};

class PolicySetCommand final : public Command {
 public:
  explicit PolicySetCommand(CLI::App& app) {
    server_.declare(app);
    app.add_option("--new-queues", new_queues_, "Whether queues may be created: on or off")
        ->check(CLI::IsMember({"on", "off"}));
    app.add_option("--proxy", proxy_, "Whether the proxy may be used: on or off")->check(CLI::IsMember({"on", "off"}));
    app.add_option(
        "--proxy-destinations", destinations_,
        "Where the proxy may connect to: host names, *.example.com for those below one, networks; with ! before\n"
        "it, where not; with commas; 'all': everywhere");
    app.add_flag("--dry-run", dry_run_, "Check everything and change nothing");
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto policy set --new-queues off\n"
        "  sotto policy set --proxy on --proxy-destinations '*.example.com,192.0.2.0/24,!old.example.com'\n"
        "\n"
        "What is not named stays. Every gateway follows within a second; queues that exist go on. Exit codes: 0 set,\n"
        "2 usage, 4 the server is not reached, 5 not allowed, 7 somebody else changed it at the same time.");
  }
  int run(Console& console) override {
    if (new_queues_.empty() && proxy_.empty() && destinations_.empty()) {
      return report({ErrorCode::invalid_argument, "nothing to set: --new-queues, --proxy or --proxy-destinations"},
                    console);
    }
    auto stub = server_.make_stub<v1::PolicyAdmin>();
    if (!stub) return report(stub.error(), console);
    v1::GetPolicyResponse now;
    if (auto status = server_.call(**stub, &v1::PolicyAdmin::Stub::GetPolicy, v1::GetPolicyRequest(), now); !status) {
      return report(status.error(), console);
    }
    v1::SetPolicyRequest request;
    request.set_request_id(new_request_id());
    request.set_dry_run(dry_run_);
    request.set_expected_version(now.version());
    auto& policy = *request.mutable_policy() = now.policy();
    if (!new_queues_.empty()) policy.set_new_queues(new_queues_ == "on");
    if (!proxy_.empty()) policy.set_proxy(proxy_ == "on");
    if (!destinations_.empty()) {
      policy.clear_proxy_destinations();
      if (destinations_ != "all") {
        for (const auto part : config::split_list(destinations_)) policy.add_proxy_destinations(std::string(part));
      }
    }
    v1::SetPolicyResponse set;
    if (auto status = server_.call(**stub, &v1::PolicyAdmin::Stub::SetPolicy, request, set); !status) {
      return report(status.error(), console);
    }
    print(policy, set.version(), json_, dry_run_, console.out);
    return kExitOk;
  }

 private:
  AdminConnection server_;
  std::string new_queues_;
  std::string proxy_;
  std::string destinations_;
  bool dry_run_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_policy_show_command(CLI::App& app) {
  return std::make_unique<PolicyShowCommand>(app);
}

std::unique_ptr<Command> make_policy_set_command(CLI::App& app) {
  return std::make_unique<PolicySetCommand>(app);
}

}  // namespace sotto::cli
