#include "tests/support/server/web_certificate.hpp"

#include <stdexcept>

#include "tests/support/child/child.hpp"

namespace sotto::test {

WebCertificateFiles make_web_certificate(const std::filesystem::path& directory, const std::string& host) {
  const WebCertificateFiles files{directory / "web.crt", directory / "web.key"};
  const auto fresh = [](const std::filesystem::path& path) { return path.string() + ".new"; };
  Child openssl({{"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                  "30", "-subj", "/CN=" + host, "-addext", "subjectAltName=DNS:" + host, "-keyout", fresh(files.key),
                  "-out", fresh(files.certificate)},
                 {},
                 directory / "openssl.log",
                 {},
                 {}});
  if (openssl.wait() != 0) throw std::runtime_error("openssl req:\n" + openssl.log());
  std::filesystem::rename(fresh(files.key), files.key);
  std::filesystem::rename(fresh(files.certificate), files.certificate);
  return files;
}

}  // namespace sotto::test
