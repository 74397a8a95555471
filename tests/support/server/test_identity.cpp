#include "tests/support/server/test_identity.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "libs/crypto/random.hpp"

namespace sotto::test {

crypto::Fingerprint write_identity(const std::filesystem::path& directory, crypto::KeyKind kind) {
  crypto::initialise();
  auto identity = crypto::make_identity(kind, "localhost", std::chrono::system_clock::now());
  if (!identity) throw std::runtime_error(identity.error().message);
  std::filesystem::create_directories(directory);
  const auto write = [&](const char* name, std::string_view text) {
    std::ofstream(directory / name, std::ios::binary) << text;
  };
  write("ca.crt", crypto::certificate_to_pem(identity->ca_certificate));
  write("server.crt", crypto::certificate_to_pem(identity->leaf_certificate));
  write("server.key", crypto::private_key_to_pem(identity->leaf_key).expose());
  const auto print = crypto::fingerprint(identity->ca_certificate);
  write("fingerprint", to_base64url(print) + "\n");
  return print;
}

crypto::Fingerprint fingerprint_of(const std::filesystem::path& directory) {
  std::ifstream in(directory / "ca.crt", std::ios::binary);
  const std::string pem{std::istreambuf_iterator<char>(in), {}};
  const auto certificates = crypto::certificates_from_pem(pem);
  if (!certificates) throw std::runtime_error(certificates.error().message);
  return crypto::fingerprint(certificates->front());
}

}  // namespace sotto::test
