// What tests of services share: certificates, and connections that act for a service.
#pragma once

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "tests/conformance/conformance_test.hpp"
#include "tests/support/session/server_counters.hpp"

namespace sotto::test {

using smp::ServiceRole;
using std::chrono::hours;

// A lone self-signed certificate.
inline transport::Credentials self_signed(hours lifetime = hours(24)) {
  auto key = new_key();
  const auto made = std::chrono::system_clock::now() - hours(2);
  auto certificate = must(crypto::make_self_signed(key, "service", made, lifetime));
  return {{std::move(certificate)}, std::move(key)};
}

// A leaf under its own CA.
inline transport::Credentials chain_of_two() {
  auto identity = must(crypto::make_identity(KeyKind::ed25519, "service", std::chrono::system_clock::now()));
  return {{identity.leaf_certificate, identity.ca_certificate}, identity.leaf_key};
}

class Section5Service : public Conformance {
 protected:
  [[nodiscard]] client::ConnectOptions options(const transport::Credentials& credentials,
                                               ServiceRole role = ServiceRole::messaging) const {
    auto options = server.options(version());
    options.service = client::ServiceIdentity{role, credentials};
    return options;
  }
  std::unique_ptr<SyncClient> connect_as(const transport::Credentials& credentials,
                                         ServiceRole role = ServiceRole::messaging) {
    auto service = std::make_unique<SyncClient>();
    must(service->connect(options(credentials, role)));
    return service;
  }
  // The handshake is refused with E HANDSHAKE BAD_SERVICE.
  void expect_bad_service(const client::ConnectOptions& options) {
    SyncClient refused;
    EXPECT_FALSE(refused.connect(options).ok());
    ASSERT_TRUE(refused.failure());
    EXPECT_EQ(refused.failure()->reason, client::Reason::service_refused);
    EXPECT_THAT(refused.failure()->error.message, testing::HasSubstr("HANDSHAKE BAD_SERVICE"));
  }
};

}  // namespace sotto::test
