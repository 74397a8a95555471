// What several tests of this folder use: inputs of the vector files as values, and damaged copies of a text. For tests
// only.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "libs/base/bytes.hpp"
#include "libs/crypto/keys.hpp"
#include "libs/smp/version.hpp"
#include "tests/support/vectors/vectors.hpp"

namespace sotto::smp::test {

// The `inputs` of a vector file: owns the bytes that commands and responses made from them view.
class Inputs {
 public:
  explicit Inputs(const nlohmann::json& inputs) {
    for (const auto& [name, value] : inputs.items()) {
      if (auto bytes = from_hex(value.get<std::string>())) bytes_.emplace(name, std::move(*bytes));
    }
  }
  [[nodiscard]] ByteView view(const std::string& name) const { return bytes_.at(name); }
  [[nodiscard]] crypto::PublicKey key(const std::string& name) const {
    return crypto::PublicKey::from_der(view(name)).value();
  }

 private:
  std::map<std::string, Bytes> bytes_;
};

// Every version a vector of commands.json or responses.json is given for, with its encoding.
inline std::map<Version, Bytes> encodings(const nlohmann::json& vector) {
  std::map<Version, Bytes> result;
  for (const auto& [version, hex] : vector.at("encoded").items()) {
    result.emplace(static_cast<Version>(std::stoi(version)), tests::hex_bytes(hex));
  }
  return result;
}

// Calls `use` with the text cut at every length and with every single byte changed, in memory of exactly that size: a
// parser that reads past its end is caught by the address sanitizer.
template <class Use>
void for_each_damaged(ByteView text, Use use) {
  const auto with_copy = [&](ByteView bytes, auto change) {
    const auto copy = std::make_unique<std::uint8_t[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), copy.get());
    const MutableByteView view(copy.get(), bytes.size());
    change(view);
    use(ByteView(view));
  };
  for (std::size_t size = 0; size < text.size(); ++size) with_copy(text.first(size), [](MutableByteView) {});
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const unsigned flip : {0x01U, 0x20U, 0x80U, 0xffU}) {
      with_copy(text, [&](MutableByteView view) { view[i] = static_cast<std::uint8_t>(view[i] ^ flip); });
    }
  }
}

}  // namespace sotto::smp::test
