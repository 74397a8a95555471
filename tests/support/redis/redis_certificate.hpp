// RedisCertificate: a certificate for 127.0.0.1 and localhost that is its own CA, made with the openssl program. It
// serves as server and as client certificate. One thread.
#pragma once

#include <filesystem>

#include "tests/support/child/temp_dir.hpp"

namespace sotto::test {

class RedisCertificate {
 public:
  // Throws when openssl cannot make it.
  RedisCertificate();
  // PEM.
  [[nodiscard]] std::filesystem::path certificate() const { return directory_.path() / "certificate.pem"; }
  [[nodiscard]] std::filesystem::path key() const { return directory_.path() / "key.pem"; }

 private:
  const TempDir directory_;
};

}  // namespace sotto::test
