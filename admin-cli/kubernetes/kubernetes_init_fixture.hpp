// KubernetesInit: `sotto kubernetes init` against a FakeApiServer. For tests.
#pragma once

#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/commands/command_runner.hpp"
#include "admin-cli/kubernetes/api_server_fixture.hpp"
#include "admin-cli/kubernetes/kubernetes_init_command.hpp"

namespace sotto::cli {

class KubernetesInit : public testing::Test {
 protected:
  [[nodiscard]] Output init(std::vector<std::string> more = {"--ca-key-secret", "ca-key", "--host",
                                                             "smp.example.com"}) {
    const std::array groups{&add_kubernetes_commands};
    more.insert(more.begin(),
                {"kubernetes", "init", "--secret", "identity", "--namespace", "sotto", "--api-server", server_.url(),
                 "--token-file", server_.token_file(), "--api-ca-file", server_.ca_file()});
    auto output = run_sotto(more, "", false, groups);
    check_silence(output);
    return output;
  }

  // The action for this request, and nothing for others.
  void when(const std::string& wanted, FakeApiServer::Action action) {
    server_.intercept([=](const std::string& request, FakeApiServer::Objects&) {
      return request == wanted ? action : FakeApiServer::Action{};
    });
  }

  FakeApiServer server_;

 private:
  // Nothing secret is printed.
  void check_silence(const Output& output) const {
    const auto text = output.out + output.err;
    EXPECT_THAT(text, testing::AllOf(testing::Not(testing::HasSubstr("PRIVATE KEY")),
                                     testing::Not(testing::HasSubstr(FakeApiServer::kToken))));
    for (const auto& [name, secret] : server_.objects()) {
      const auto data = secret.value("data", nlohmann::json::object());
      for (const auto& [key, value] : data.items()) {
        if (key == "password" || key.ends_with(".key")) {
          EXPECT_THAT(text, testing::AllOf(testing::Not(testing::HasSubstr(from_base64(value))),
                                           testing::Not(testing::HasSubstr(value.get<std::string>()))));
        }
      }
    }
  }
};

}  // namespace sotto::cli
