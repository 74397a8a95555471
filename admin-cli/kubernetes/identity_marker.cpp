#include "admin-cli/kubernetes/identity_marker.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "admin-cli/commands/file.hpp"
#include "admin-cli/kubernetes/secret_document.hpp"
#include "libs/base/bytes.hpp"

namespace sotto::cli {
namespace {

using Json = nlohmann::json;

constexpr const char* kKey = "fingerprint";

}  // namespace

std::optional<crypto::Fingerprint> parse_fingerprint(std::string_view text) {
  const auto bytes = from_base64url(text);
  crypto::Fingerprint fingerprint{};
  if (!bytes || bytes->size() != fingerprint.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), fingerprint.begin());
  return fingerprint;
}

Result<std::optional<crypto::Fingerprint>> IdentityMarker::read() const {
  const auto answer = api_.get(object_.collection() + "/" + object_.name);
  if (!answer) return answer.error();
  if (answer->status == kNotFound) return std::optional<crypto::Fingerprint>();
  if (answer->status != kOk) return refused(*answer, "get", object_);
  const SecretDocument document(answer->body.expose());
  const auto* kind = document.find("kind");
  if (kind == nullptr || *kind != object_.kind) {
    return Error{ErrorCode::protocol, "what answers is not the API server"};
  }
  const auto* data = document.find("data");
  if (data != nullptr && data->is_object() && data->contains(kKey) && data->at(kKey).is_string()) {
    auto fingerprint = parse_fingerprint(trimmed(data->at(kKey).get_ref<const std::string&>()));
    if (fingerprint) return fingerprint;
  }
  return Error{ErrorCode::conflict,
               title() + " holds no fingerprint: delete it when you know that the identity is the right one"};
}

Result<bool> IdentityMarker::create(const crypto::Fingerprint& fingerprint) const {
  const Json marker{{"apiVersion", "v1"},
                    {"kind", object_.kind},
                    {"metadata",
                     {{"name", object_.name},
                      {"labels",
                       {{"app.kubernetes.io/name", "sotto"},
                        {"app.kubernetes.io/component", "identity"},
                        {"app.kubernetes.io/managed-by", "sotto"}}}}},
                    // Nobody changes it by mistake; it can be deleted.
                    {"immutable", true},
                    {"data", {{kKey, to_base64url(fingerprint)}}}};
  const auto answer = api_.post(object_.collection(), SecretString(marker.dump()));
  if (!answer) return answer.error();
  if (answer->status == kCreated) return true;
  if (answer->status == kConflict) return false;
  return refused(*answer, "create", object_);
}

}  // namespace sotto::cli
