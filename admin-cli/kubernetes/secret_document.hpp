// SecretDocument: a JSON document from the API server, which may hold secrets: its texts are wiped when it goes. One
// thread.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace sotto::cli {

class SecretDocument {
 public:
  // Not an object when `text` is none.
  explicit SecretDocument(std::string_view text);
  ~SecretDocument();
  SecretDocument(const SecretDocument&) = delete;
  SecretDocument& operator=(const SecretDocument&) = delete;

  // Null when it is not there.
  [[nodiscard]] const nlohmann::json* find(const char* key) const;

 private:
  nlohmann::json json_;
};

void wipe_text(std::string& text);

}  // namespace sotto::cli
