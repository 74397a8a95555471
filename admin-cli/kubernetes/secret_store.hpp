// SecretStore: the Secrets of one namespace of Kubernetes, which are read and made, never changed. One thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "admin-cli/kubernetes/api_refusal.hpp"

namespace sotto::cli {

// By key.
using SecretData = std::map<std::string, SecretString, std::less<>>;

struct SecretToMake {
  std::string name;
  std::string component;                   // label app.kubernetes.io/component
  std::optional<std::string> fingerprint;  // annotation kFingerprintAnnotation
  SecretData data;
};

inline constexpr const char* kFingerprintAnnotation = "sotto/fingerprint";

class SecretStore {
 public:
  SecretStore(const ApiServer& api, std::string space) : api_(api), namespace_(std::move(space)) {}

  // Nothing: there is none of this name. And as refused() and ApiServer.
  [[nodiscard]] Result<std::optional<SecretData>> read(const std::string& name) const;
  // False: there is one of this name, which is left as it is. As above.
  [[nodiscard]] Result<bool> create(const SecretToMake& secret) const;

  // "Secret sotto/sotto-identity": for messages.
  [[nodiscard]] std::string title(const std::string& name) const { return object_of(name).title(); }

 private:
  [[nodiscard]] ApiObject object_of(const std::string& name) const { return {"Secret", "secrets", namespace_, name}; }

  const ApiServer& api_;
  const std::string namespace_;
};

// What Kubernetes takes: of a Secret or ConfigMap (a DNS subdomain), of a namespace (a DNS label). invalid_argument
// otherwise.
Status check_object_name(const std::string& name);
Status check_namespace(const std::string& name);

}  // namespace sotto::cli
