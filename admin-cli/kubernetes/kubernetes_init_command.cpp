#include "admin-cli/kubernetes/kubernetes_init_command.hpp"

#include <chrono>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "admin-cli/commands/file.hpp"
#include "admin-cli/commands/identity_files.hpp"
#include "admin-cli/kubernetes/cluster_identity.hpp"

namespace sotto::cli {
namespace {

constexpr double kMaxTimeoutSeconds = 600;
// Where Kubernetes puts it into every pod.
constexpr const char* kTokenFile = "/var/run/secrets/kubernetes.io/serviceaccount/token";
constexpr const char* kCaFile = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
constexpr const char* kNamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string_view word(Provided provided) {
  return provided == Provided::made ? "made" : "kept as it is";
}

class KubernetesInitCommand final : public Command {
 public:
  explicit KubernetesInitCommand(CLI::App& app) {
    app.add_option("--secret", plan_.secret, "Name of the Secret for the identity")->required();
    app.add_option("--ca-key-secret", plan_.ca_key_secret,
                   "Name of the Secret for the key of the CA; no identity is made without");
    app.add_option("--password-secret", password_secret_, "Name of a Secret for a password, made when it is missing");
    app.add_option("--marker", marker_,
                   "Name of a ConfigMap that says which identity the server has: no other is made or taken");
    app.add_option("--expected-fingerprint", expected_, "The identity that the server has: no other is made or taken");
    app.add_option("--namespace", namespace_, "Of the Secrets and the ConfigMap (default: the one of the pod)");
    app.add_option("--host", hosts_, "Name or address that clients connect to; again for more")
        ->allow_extra_args(false);
    app.add_option("--api-server", api_.url, "https://HOST:PORT (default: that of the cluster of this pod)");
    app.add_option("--token-file", token_file_, "Token of the service account")->capture_default_str();
    app.add_option("--api-ca-file", ca_file_, "Who issued the certificate of the API server, PEM")
        ->capture_default_str();
    app.add_option("--timeout", timeout_, "Seconds for each request")
        ->check(CLI::Range(0.001, kMaxTimeoutSeconds))
        ->capture_default_str();
    app.footer(
        "Example:\n"
        "  sotto kubernetes init --secret sotto-identity --ca-key-secret sotto-ca-key --password-secret sotto-password "
        "\\\n"
        "    --marker sotto-identity-marker --host smp.example.com\n"
        "\n"
        "Runs in a Job. No Secret is ever overwritten. Exit codes: 0 made or kept, 2 usage, 3 no service account "
        "here,\n"
        "4 the API server is not reached, 5 it is another, refuses the token or the service account may not, 7 a "
        "Secret\n"
        "is there and holds a part only or something else, or the identity is not the one of marker or fingerprint, "
        "8 no\n"
        "answer in time.");
  }

  int run(Console& console) override {
    if (const auto status = prepare(); !status) return report(status.error(), console);
    const auto api = ApiServer::open(api_);
    if (!api) return report(api.error(), console);
    const SecretStore store(*api, namespace_);
    std::optional<IdentityMarker> marker;
    if (!marker_.empty()) marker.emplace(*api, namespace_, marker_);
    const auto identity = provide_identity(store, marker, plan_, std::chrono::system_clock::now());
    if (!identity) return report(identity.error(), console);
    if (identity->ca_key) {
      console.err << store.title(plan_.ca_key_secret) << ": " << word(*identity->ca_key)
                  << ", the key of the CA\n  The server does not need it. Copy it to an offline place and delete the "
                     "Secret; it signs new server certificates\n  for this address.\n";
    }
    console.err << store.title(plan_.secret) << ": " << word(identity->identity)
                << ", the identity (back it up: without it clients need a new address)\n";
    if (identity->marker) {
      console.err << marker->title() << ": " << word(*identity->marker)
                  << ", the marker: no other identity is made or taken while it is there\n";
    }
    if (!password_secret_.empty()) {
      const auto password = provide_password(store, password_secret_);
      if (!password) return report(password.error(), console);
      console.err << store.title(password_secret_) << ": " << word(*password) << ", the password\n";
    }
    console.out << to_base64url(identity->fingerprint) << '\n';
    return kExitOk;
  }

 private:
  // Checks the options, and takes from the pod what they leave open.
  Status prepare() {
    std::set<std::string> names;
    for (const auto& name : {plan_.secret, plan_.ca_key_secret, password_secret_}) {
      if (name.empty() && name != plan_.secret) continue;
      if (auto status = check_object_name(name); !status) return status;
      if (names.insert(name).second) continue;
      return Error{ErrorCode::invalid_argument,
                   "each of the Secrets needs a name of its own: who has one shall not have the others"};
    }
    if (!marker_.empty()) {
      if (auto status = check_object_name(marker_); !status) return status;
    }
    if (!expected_.empty()) {
      plan_.expected = parse_fingerprint(expected_);
      if (!plan_.expected) {
        return Error{ErrorCode::invalid_argument,
                     "--expected-fingerprint is no fingerprint: it has 43 characters of base64url, and perhaps a '='"};
      }
    }
    auto hosts = parse_hosts(hosts_);
    if (!hosts) return hosts.error();
    plan_.hosts = *std::move(hosts);
    if (namespace_.empty()) {
      const auto text = read_file(kNamespaceFile);
      if (!text) return Error{text.error().code, text.error().message + "; name the namespace with --namespace"};
      namespace_ = trimmed(*text);
    }
    if (auto status = check_namespace(namespace_); !status) return status;
    if (api_.url.empty()) {
      const auto host = variable("KUBERNETES_SERVICE_HOST");
      if (host.empty()) {
        return Error{ErrorCode::configuration,
                     "KUBERNETES_SERVICE_HOST is not set: this is no pod; name the API server with --api-server"};
      }
      const auto port = variable("KUBERNETES_SERVICE_PORT");
      api_.url = "https://" + (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
                 (port.empty() ? "443" : port);
    }
    api_.token_file = token_file_;
    api_.ca_file = ca_file_;
    api_.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(timeout_ * 1000));
    return ok_status();
  }

  ClusterIdentityPlan plan_;
  ApiServerOptions api_;
  std::string password_secret_;
  std::string marker_;
  std::string expected_;
  std::string namespace_;
  std::vector<std::string> hosts_;
  std::string token_file_ = kTokenFile;
  std::string ca_file_ = kCaFile;
  double timeout_ = 15;
};

}  // namespace

void add_kubernetes_commands(CLI::App& parent, CommandTable& commands) {
  auto* group = parent.add_subcommand("kubernetes", "Prepares a server in Kubernetes");
  group->require_subcommand(1);
  group->footer("Example:\n  sotto kubernetes init --secret sotto-identity --ca-key-secret sotto-ca-key");
  auto* init = group->add_subcommand("init", "Makes identity and password as Secrets, unless they are there");
  commands.add(*init, std::make_unique<KubernetesInitCommand>(*init));
}

}  // namespace sotto::cli
