#include "tests/support/redis/redis_certificate.hpp"

#include <stdexcept>

#include "tests/support/child/child.hpp"

namespace sotto::test {

RedisCertificate::RedisCertificate() {
  Child::Options command;
  command.arguments = {"openssl",
                       "req",
                       "-x509",
                       "-newkey",
                       "ec",
                       "-pkeyopt",
                       "ec_paramgen_curve:prime256v1",
                       "-nodes",
                       "-days",
                       "3650",
                       "-subj",
                       "/CN=Redis of a test",
                       "-addext",
                       "subjectAltName=DNS:localhost,IP:127.0.0.1",
                       "-keyout",
                       key().string(),
                       "-out",
                       certificate().string()};
  command.log = directory_.path() / "log";
  Child openssl(command);
  if (openssl.wait() != 0) throw std::runtime_error("openssl made no certificate:\n" + openssl.log());
}

}  // namespace sotto::test
