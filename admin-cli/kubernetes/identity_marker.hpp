// IdentityMarker: a ConfigMap that says which identity a server has, so that another one, or none, is noticed when its
// Secret is lost. It is read and made, never changed. One thread.
#pragma once

#include <optional>
#include <string>

#include "admin-cli/kubernetes/api_refusal.hpp"
#include "libs/crypto/certificate.hpp"

namespace sotto::cli {

class IdentityMarker {
 public:
  IdentityMarker(const ApiServer& api, std::string space, std::string name)
      : api_(api), object_{"ConfigMap", "configmaps", std::move(space), std::move(name)} {}

  // Nothing: there is none. conflict: it is there and holds no fingerprint. And as refused() and ApiServer.
  [[nodiscard]] Result<std::optional<crypto::Fingerprint>> read() const;
  // False: there is one, which is left as it is. And as refused() and ApiServer.
  [[nodiscard]] Result<bool> create(const crypto::Fingerprint& fingerprint) const;

  [[nodiscard]] std::string title() const { return object_.title(); }

 private:
  const ApiServer& api_;
  const ApiObject object_;
};

// Of base64url, with or without '='; nothing when it is none.
std::optional<crypto::Fingerprint> parse_fingerprint(std::string_view text);

}  // namespace sotto::cli
