#include "tests/support/vectors/vectors.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "libs/crypto/hash.hpp"

namespace sotto::tests {
namespace {

// The folder shared with other implementations wins over the copy in the repository when both are there.
std::filesystem::path vectors_folder() {
  const std::filesystem::path root(SOTTO_SOURCE_ROOT);
  const auto shared = root / ".." / "shared" / "spec" / "vectors";
  return std::filesystem::is_directory(shared) ? shared : root / "tests" / "vectors";
}

}  // namespace

nlohmann::json load_vectors(std::string_view file) {
  const auto path = vectors_folder() / file;
  std::ifstream in(path);
  if (!in) throw std::runtime_error("no test vectors at " + path.string());
  return nlohmann::json::parse(in);
}

Bytes hex_bytes(const nlohmann::json& value) {
  auto bytes = from_hex(value.get_ref<const std::string&>());
  if (!bytes.ok()) throw std::runtime_error("a test vector is not hexadecimal: " + value.dump());
  return std::move(bytes).value();
}

Bytes hex_field(const nlohmann::json& object, const char* field) {
  return hex_bytes(object.at(field));
}

testing::AssertionResult matches_vector(ByteView actual, const nlohmann::json& expected) {
  const auto compare = [](const char* what, ByteView got, const nlohmann::json& want) {
    if (to_hex(got) == want.get_ref<const std::string&>()) return testing::AssertionSuccess();
    return testing::AssertionFailure() << what << " is " << to_hex(got) << ", expected " << want;
  };
  if (expected.is_string()) return compare("value", actual, expected);

  const auto size = expected.at("len").get<std::size_t>();
  if (actual.size() != size) {
    return testing::AssertionFailure() << "length is " << actual.size() << ", expected " << size;
  }
  const std::size_t head = expected.at("head").get_ref<const std::string&>().size() / 2;
  const std::size_t tail = expected.at("tail").get_ref<const std::string&>().size() / 2;
  if (head > size || tail > size) throw std::runtime_error("a test vector has more head or tail than length");
  if (auto result = compare("head", actual.first(head), expected.at("head")); !result) return result;
  if (auto result = compare("tail", actual.last(tail), expected.at("tail")); !result) return result;
  return compare("sha256", crypto::sha256(actual), expected.at("sha256"));
}

}  // namespace sotto::tests
