#include "services/auth/settings/admin_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/config/load.hpp"

namespace sotto::auth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class AdminSettings : public testing::Test {
 protected:
  AdminSettings() {
    table.section("admin", "Administration");
    admin_rows(table, config);
  }
  // What is wrong with these flags; empty: nothing.
  std::string complaint(std::vector<std::string> flags) {
    const auto loaded = config::load(table, {std::move(flags), {}});
    return loaded.ok() ? "" : loaded.error().message;
  }

  AdminConfig config;
  config::Table table{{"test", "A test."}};
};

TEST_F(AdminSettings, ListenNowhereUnlessTold) {
  EXPECT_EQ(complaint({}), "");
  EXPECT_TRUE(config.admin_listen.empty());
  EXPECT_TRUE(config.admin_certificate_required);
}

TEST_F(AdminSettings, NeedTlsAndIdentities) {
  EXPECT_THAT(complaint({"--admin-listen=127.0.0.1:7460"}), HasSubstr("there is no admin API without TLS"));
  EXPECT_THAT(complaint({"--admin-listen=127.0.0.1:7460", "--admin-tls-certificate=c"}),
              HasSubstr("there is no admin API without TLS"));
  EXPECT_THAT(complaint({"--admin-listen=127.0.0.1:7460", "--admin-tls-certificate=c", "--admin-tls-key=k"}),
              HasSubstr("admin.tls_ca is not set"));
  EXPECT_THAT(complaint({"--admin-listen=127.0.0.1:7460", "--admin-tls-certificate=c", "--admin-tls-key=k",
                         "--admin-client-certificate=optional"}),
              HasSubstr("without admin.identities"));
  EXPECT_THAT(complaint({"--admin-listen=7460"}), HasSubstr("not an address with a port"));
}

TEST_F(AdminSettings, TakeCertificatesOrTokens) {
  EXPECT_EQ(complaint({"--admin-listen=127.0.0.1:7460,[::1]:7460", "--admin-tls-certificate=c", "--admin-tls-key=k",
                       "--admin-tls-ca=a", "--admin-identities=i"}),
            "");
  EXPECT_THAT(config.admin_listen, ElementsAre(config::Endpoint{"127.0.0.1", 7460}, config::Endpoint{"::1", 7460}));
  EXPECT_TRUE(config.admin_certificate_required);
  EXPECT_EQ(complaint({"--admin-listen=127.0.0.1:7460", "--admin-tls-certificate=c", "--admin-tls-key=k",
                       "--admin-client-certificate=optional", "--admin-identities=i"}),
            "");
  EXPECT_FALSE(config.admin_certificate_required);
}

}  // namespace
}  // namespace sotto::auth
