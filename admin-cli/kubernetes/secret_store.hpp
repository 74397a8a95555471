// SecretStore: the Secrets of one namespace of Kubernetes, which are read and made, never changed. One thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "admin-cli/kubernetes/api_server.hpp"

namespace sotto::cli {

// By key.
using SecretData = std::map<std::string, SecretString, std::less<>>;

struct NewSecret {
  std::string name;
  std::string component;                   // label app.kubernetes.io/component
  std::optional<std::string> fingerprint;  // annotation kFingerprintAnnotation
  SecretData data;
};

inline constexpr const char* kFingerprintAnnotation = "sotto/fingerprint";

class SecretStore {
 public:
  SecretStore(const ApiServer& api, std::string space) : api_(api), namespace_(std::move(space)) {}

  // Nothing: there is none of this name. permission_denied, naming what the service account lacks; unauthenticated:
  // its token is refused; unavailable: the API server is in trouble; and as ApiServer.
  [[nodiscard]] Result<std::optional<SecretData>> read(const std::string& name) const;
  // False: there is one of this name, which is left as it is. not_found: there is no such namespace; as above.
  [[nodiscard]] Result<bool> create(const NewSecret& secret) const;

  // "Secret sotto/sotto-identity": for messages.
  [[nodiscard]] std::string title(const std::string& name) const { return "Secret " + namespace_ + "/" + name; }

 private:
  [[nodiscard]] std::string target() const { return "/api/v1/namespaces/" + namespace_ + "/secrets"; }
  [[nodiscard]] Error refused(const ApiAnswer& answer, const char* verb, const std::string& name) const;

  const ApiServer& api_;
  const std::string namespace_;
};

// What Kubernetes takes: of a Secret (a DNS subdomain), of a namespace (a DNS label). invalid_argument otherwise.
Status check_secret_name(const std::string& name);
Status check_namespace(const std::string& name);

}  // namespace sotto::cli
