#include "admin-cli/kubernetes/secret_store.hpp"

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

#include "admin-cli/kubernetes/secret_document.hpp"
#include "libs/base/bytes.hpp"

namespace sotto::cli {
namespace {

using Json = nlohmann::json;

// RFC 4648 section 4, which differs from section 5 in two characters.
SecretString to_base64(const SecretString& text) {
  auto base64 = to_base64url(as_bytes(text.expose()));
  std::replace(base64.begin(), base64.end(), '-', '+');
  std::replace(base64.begin(), base64.end(), '_', '/');
  return SecretString(std::move(base64));
}

Result<SecretString> from_base64(std::string text) {
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  auto bytes = from_base64url(text);
  wipe_text(text);
  if (!bytes) return bytes.error();
  SecretString result{std::string(as_text(*bytes))};
  wipe(*bytes);
  return result;
}

SecretString to_json(const SecretToMake& secret) {
  Json metadata{{"name", secret.name},
                {"labels",
                 {{"app.kubernetes.io/name", "sotto"},
                  {"app.kubernetes.io/component", secret.component},
                  {"app.kubernetes.io/managed-by", "sotto"}}}};
  if (secret.fingerprint) metadata["annotations"] = {{kFingerprintAnnotation, *secret.fingerprint}};
  const auto head =
      R"({"apiVersion":"v1","kind":"Secret","type":"Opaque","metadata":)" + metadata.dump() + R"(,"data":{)";
  // Written here and not by the library, which would leave copies: keys and base64 need no escapes.
  std::size_t size = head.size() + 2;
  for (const auto& [key, value] : secret.data) size += key.size() + 2 * value.expose().size() + 16;
  std::string text;
  text.reserve(size);
  text += head;
  for (const auto& [key, value] : secret.data) {
    if (!text.ends_with('{')) text += ',';
    text.append("\"").append(key).append("\":\"");
    text.append(to_base64(value).expose()).append("\"");
  }
  text += "}}";
  return SecretString(std::move(text));
}

bool is_label(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && letter(text.front()) && letter(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || c == '-'; });
}

}  // namespace

Result<std::optional<SecretData>> SecretStore::read(const std::string& name) const {
  const auto object = object_of(name);
  const auto answer = api_.get(object.collection() + "/" + name);
  if (!answer) return answer.error();
  if (answer->status == kNotFound) return std::optional<SecretData>();
  if (answer->status != kOk) return refused(*answer, "get", object);
  const SecretDocument document(answer->body.expose());
  const auto* kind = document.find("kind");
  if (kind == nullptr || *kind != object.kind) return Error{ErrorCode::protocol, "what answers is not the API server"};
  std::optional<SecretData> data(std::in_place);
  const auto* entries = document.find("data");
  if (entries == nullptr || !entries->is_object()) return data;
  for (const auto& [key, value] : entries->items()) {
    auto text = value.is_string() ? from_base64(value.get<std::string>()) : Error{ErrorCode::protocol, "is no text"};
    if (!text) return Error{ErrorCode::protocol, title(name) + ": the value of " + key + " is not base64"};
    data->emplace(key, *std::move(text));
  }
  return data;
}

Result<bool> SecretStore::create(const SecretToMake& secret) const {
  const auto object = object_of(secret.name);
  const auto answer = api_.post(object.collection(), to_json(secret));
  if (!answer) return answer.error();
  if (answer->status == kCreated) return true;
  if (answer->status == kConflict) return false;
  return refused(*answer, "create", object);
}

Status check_object_name(const std::string& name) {
  constexpr std::size_t kLongest = 253;
  bool fits = name.size() <= kLongest;
  for (std::string_view rest = name; fits;) {
    const auto dot = rest.find('.');
    fits = is_label(rest.substr(0, dot));
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (fits) return ok_status();
  return Error{ErrorCode::invalid_argument,
               "the name of a Secret or ConfigMap has small letters, digits, '-' and '.' only, and begins "
               "and ends with a letter or a digit"};
}

Status check_namespace(const std::string& name) {
  constexpr std::size_t kLongest = 63;
  if (name.size() <= kLongest && is_label(name)) return ok_status();
  return Error{ErrorCode::invalid_argument,
               "the name of a namespace has small letters, digits and '-' only, and begins "
               "and ends with a letter or a digit"};
}

}  // namespace sotto::cli
