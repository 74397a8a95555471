#include "admin-cli/kubernetes/secret_document.hpp"

#include "libs/base/secret.hpp"

namespace sotto::cli {
namespace {

// Annotations may repeat what `data` holds, so that every text is wiped.
void wipe_texts(nlohmann::json& json) {
  if (json.is_string()) return wipe_text(json.get_ref<std::string&>());
  if (!json.is_structured()) return;
  for (auto& each : json) wipe_texts(each);
}

}  // namespace

SecretDocument::SecretDocument(std::string_view text) : json_(nlohmann::json::parse(text, nullptr, false)) {}

SecretDocument::~SecretDocument() {
  wipe_texts(json_);
}

const nlohmann::json* SecretDocument::find(const char* key) const {
  if (!json_.is_object()) return nullptr;
  const auto found = json_.find(key);
  return found == json_.end() ? nullptr : &*found;
}

void wipe_text(std::string& text) {
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

}  // namespace sotto::cli
