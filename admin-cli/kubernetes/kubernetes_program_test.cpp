// `sotto kubernetes init` as the program that is shipped, with everything else that is linked into it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/kubernetes/api_server_fixture.hpp"
#include "tests/support/child/child.hpp"

namespace sotto::cli {
namespace {

using testing::HasSubstr;

TEST(KubernetesProgram, MakesAnIdentityAndAPasswordOnce) {
  const FakeApiServer server;
  const test::TempDir directory;
  for (const auto* what : {"made", "kept"}) {
    test::Child program({.arguments = {SOTTO_CLI_PROGRAM, "kubernetes", "init", "--secret", "identity", "--namespace",
                                       "sotto", "--api-server", server.url(), "--token-file", server.token_file(),
                                       "--api-ca-file", server.ca_file(), "--host", "smp.example.com",
                                       "--ca-key-secret", "ca-key", "--password-secret", "password"},
                         .environment = {},
                         .log = directory.path() / what,
                         .user = {},
                         .working_directory = {}});
    EXPECT_EQ(program.wait(), 0) << program.log();
    for (const auto* name : {"identity", "password"}) {
      EXPECT_THAT(program.log(), HasSubstr("Secret sotto/" + std::string(name) + ": " + what));
    }
  }
  const auto objects = server.objects();
  EXPECT_EQ(objects.count("identity"), 1U);
  EXPECT_EQ(objects.count("ca-key"), 1U);
  EXPECT_FALSE(value_in(objects.at("password"), "password").empty());
}

}  // namespace
}  // namespace sotto::cli
