#include "libs/runtime/tls_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/config/load.hpp"

namespace sotto::runtime {
namespace {

using testing::HasSubstr;

// What is wrong with these flags; empty: nothing.
std::string complaint(bool mutual, std::vector<std::string> flags) {
  TlsSettings settings;
  config::Table table({"test", "A test."});
  table.section("grpc", "gRPC");
  tls_rows(table, "grpc", "gateways", settings);
  if (mutual) {
    require_mutual_tls(table, "grpc", settings);
  } else {
    require_key_with_certificate(table, "grpc", settings);
  }
  const auto loaded = config::load(table, {std::move(flags), {}});
  return loaded.ok() ? "" : loaded.error().message;
}

TEST(TlsSettings, AreAllOrNoneWhenBothEndsShowACertificate) {
  EXPECT_EQ(complaint(true, {}), "");
  EXPECT_EQ(complaint(true, {"--grpc-tls-ca=a", "--grpc-tls-certificate=b", "--grpc-tls-key=c"}), "");
  EXPECT_THAT(complaint(true, {"--grpc-tls-ca=a"}), HasSubstr("grpc.tls_key belong together"));
  EXPECT_THAT(complaint(true, {"--grpc-tls-certificate=b", "--grpc-tls-key=c"}), HasSubstr("belong together"));
}

TEST(TlsSettings, ACertificateComesWithItsKey) {
  EXPECT_EQ(complaint(false, {}), "");
  EXPECT_EQ(complaint(false, {"--grpc-tls-ca=a"}), "");
  EXPECT_EQ(complaint(false, {"--grpc-tls-certificate=b", "--grpc-tls-key=c"}), "");
  EXPECT_THAT(complaint(false, {"--grpc-tls-certificate=b"}), HasSubstr("set both, or none"));
}

}  // namespace
}  // namespace sotto::runtime
