// `sotto kubernetes init` against an API server that keeps Secrets, refuses, changes its mind and dies in between.
#include <algorithm>
#include <array>
#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/kubernetes/kubernetes_init_fixture.hpp"
#include "libs/crypto/certificate.hpp"
#include "libs/smp/address.hpp"

namespace sotto::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Action = FakeApiServer::Action;
using Objects = FakeApiServer::Objects;

TEST_F(KubernetesInit, MakesAnIdentityThatVerifies) {
  const auto output = init();
  ASSERT_EQ(output.exit_code, 0) << output.err;
  EXPECT_THAT(output.err, AllOf(HasSubstr("Secret sotto/identity: made"), HasSubstr("Secret sotto/ca-key: made")));
  // The key of the CA first: nothing may be lost between the two.
  EXPECT_THAT(server_.requests(), ElementsAre("get identity", "get ca-key", "create ca-key", "create identity"));

  const auto secrets = server_.objects();
  const auto& identity = secrets.at("identity");
  const auto leaf = *crypto::certificates_from_pem(value_in(identity, "server.crt"));
  const auto authority = *crypto::certificates_from_pem(value_in(identity, "ca.crt"));
  EXPECT_TRUE(crypto::verify_server_chain({leaf.at(0), authority.at(0)}, std::chrono::system_clock::now()));
  const auto fingerprint = to_base64url(crypto::fingerprint(authority[0]));
  EXPECT_EQ(output.out, fingerprint + "\n");
  EXPECT_EQ(value_in(identity, "fingerprint"), fingerprint + "\n");
  EXPECT_EQ(value_in(identity, "hosts"), "smp.example.com\n");
  const auto key = crypto::private_key_from_pem(value_in(identity, "server.key"));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->public_key(), *crypto::certificate_key(leaf[0]));
  EXPECT_EQ(crypto::parse_certificate(leaf[0])->subject_common_name, "smp.example.com");
  EXPECT_FALSE(identity["data"].contains("ca.key"));

  const auto& ca = secrets.at("ca-key");
  const auto ca_key = crypto::private_key_from_pem(value_in(ca, "ca.key"));
  ASSERT_TRUE(ca_key);
  EXPECT_EQ(ca_key->public_key(), *crypto::certificate_key(authority[0]));
  EXPECT_EQ(value_in(ca, "ca.crt"), value_in(identity, "ca.crt"));
  for (const auto& secret : {identity, ca}) {
    EXPECT_EQ(secret["type"], "Opaque");
    EXPECT_EQ(secret["metadata"]["labels"]["app.kubernetes.io/managed-by"], "sotto");
    EXPECT_EQ(secret["metadata"]["annotations"]["sotto/fingerprint"], fingerprint);
  }
}

TEST_F(KubernetesInit, MakesFilesThatOtherCommandsRead) {
  ASSERT_EQ(init().exit_code, 0);
  const TempDir dir;
  const auto secret = server_.objects().at("identity");
  for (const auto& [key, value] : secret["data"].items()) write_content(dir / key, value_in(secret, key));
  const auto shown = run_sotto({"address", "show", "--identity-dir", dir.path().string()});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("@smp.example.com\n"));
}

TEST_F(KubernetesInit, KeepsWhatIsThere) {
  const auto made = init();
  const auto before = server_.objects();
  const auto again = init();
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.out, made.out);
  EXPECT_THAT(again.err, HasSubstr("Secret sotto/identity: kept"));
  EXPECT_EQ(server_.objects(), before);
  // The key of the CA went offline, as it should, and nobody asks for it.
  server_.remove("ca-key");
  EXPECT_EQ(init().out, made.out);
  EXPECT_EQ(init({}).out, made.out);
  EXPECT_FALSE(server_.objects().contains("ca-key"));
}

TEST_F(KubernetesInit, MakesNoIdentityWhoseCaKeyIsLost) {
  const auto output = init({"--host", "smp.example.com"});
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, HasSubstr("--ca-key-secret"));
  EXPECT_THAT(server_.objects(), IsEmpty());
}

TEST_F(KubernetesInit, GoesOnWithTheCaKeyOfACrash) {
  for (const auto action : {Action{.close_before = true}, Action{.status = 500}}) {
    when("create identity", action);
    EXPECT_NE(init().exit_code, 0);
    const auto crashed = server_.objects();
    EXPECT_EQ(crashed.size(), 1U);
    server_.intercept({});
    const auto output = init();
    EXPECT_EQ(output.exit_code, 0) << output.err;
    EXPECT_THAT(output.err, HasSubstr("Secret sotto/ca-key: kept"));
    const auto secrets = server_.objects();
    EXPECT_EQ(secrets.at("ca-key"), crashed.at("ca-key"));
    EXPECT_EQ(value_in(secrets.at("identity"), "ca.crt"), value_in(crashed.at("ca-key"), "ca.crt"));
    // And what it made is whole.
    EXPECT_EQ(init().out, output.out);
    server_.remove("identity");
    server_.remove("ca-key");
  }
}

TEST_F(KubernetesInit, GoesOnWhenTheAnswerWasLost) {
  for (const auto* request : {"create ca-key", "create identity"}) {
    when(request, {.close_after = true});
    EXPECT_EQ(init().exit_code, 4);
    server_.intercept({});
    const auto before = server_.objects();
    const auto output = init();
    EXPECT_EQ(output.exit_code, 0) << output.err;
    for (const auto& [name, secret] : before) EXPECT_EQ(server_.objects().at(name), secret);
    server_.remove("identity");
    server_.remove("ca-key");
  }
}

TEST_F(KubernetesInit, TakesWhatSomebodyElseMadeMeanwhile) {
  const auto first = init({"--ca-key-secret", "ca-key"});
  const auto made = server_.objects();
  for (const auto* name : {"ca-key", "identity"}) {
    server_.remove("identity");
    server_.remove("ca-key");
    server_.intercept([&](const std::string& request, Objects& secrets) {
      if (request == "create " + std::string(name)) secrets = made;
      return Action{};
    });
    const auto output = init();
    EXPECT_EQ(output.exit_code, 0) << output.err;
    EXPECT_EQ(output.out, first.out);
    EXPECT_THAT(output.err, HasSubstr("Secret sotto/identity: kept"));
    EXPECT_EQ(server_.objects(), made);
    server_.intercept({});
  }
}

TEST_F(KubernetesInit, MakesOneIdentityWhenTwoRun) {
  for (int round = 0; round < 5; ++round) {
    std::array<Output, 2> outputs;
    {
      std::array<std::jthread, 2> runs;
      for (std::size_t i = 0; i < runs.size(); ++i) {
        runs.at(i) = std::jthread([&, i] { outputs.at(i) = init(); });
      }
    }
    EXPECT_EQ(outputs[0].exit_code, 0) << outputs[0].err;
    EXPECT_EQ(outputs[1].exit_code, 0) << outputs[1].err;
    EXPECT_EQ(outputs[0].out, outputs[1].out);
    server_.remove("identity");
    server_.remove("ca-key");
  }
}

TEST_F(KubernetesInit, NeverCompletesAnIdentity) {
  ASSERT_EQ(init().exit_code, 0);
  const auto whole = server_.objects().at("identity");
  for (const auto* key : {"ca.crt", "server.crt", "server.key", "fingerprint"}) {
    auto part = whole;
    part["data"].erase(key);
    server_.put("identity", part);
    const auto output = init();
    EXPECT_EQ(output.exit_code, 7);
    EXPECT_THAT(output.err, AllOf(HasSubstr("missing: " + std::string(key)), HasSubstr("never overwritten")));
    part["data"][key] = base64("something else");
    server_.put("identity", part);
    EXPECT_EQ(init().exit_code, 7) << key;
    EXPECT_EQ(server_.objects().at("identity"), part);
  }
  server_.put("identity", {{"kind", "Secret"}});
  EXPECT_EQ(init().exit_code, 7);
}

TEST_F(KubernetesInit, RefusesAKeyThatIsOfAnotherCertificate) {
  ASSERT_EQ(init().exit_code, 0);
  auto mixed = server_.objects();
  server_.remove("identity");
  server_.remove("ca-key");
  ASSERT_EQ(init().exit_code, 0);
  const auto other = server_.objects();
  mixed["identity"]["data"]["server.key"] = other.at("identity")["data"]["server.key"];
  server_.put("identity", mixed["identity"]);
  EXPECT_EQ(init().exit_code, 7);
  server_.remove("identity");
  mixed["ca-key"]["data"]["ca.key"] = other.at("ca-key")["data"]["ca.key"];
  server_.put("ca-key", mixed["ca-key"]);
  const auto output = init();
  EXPECT_EQ(output.exit_code, 7);
  EXPECT_THAT(output.err, HasSubstr("ca.key is not the key of ca.crt"));
  server_.put("ca-key", secret_of({{"tls.key", "x"}}));
  EXPECT_THAT(init().err, HasSubstr("missing: ca.key, ca.crt"));
  EXPECT_FALSE(server_.objects().contains("identity"));
}

TEST_F(KubernetesInit, NamesThePermissionThatIsMissing) {
  const std::array cases{std::pair{"get identity", "\"get\""}, std::pair{"get ca-key", "\"get\""},
                         std::pair{"create ca-key", "\"create\""}, std::pair{"create identity", "\"create\""}};
  for (const auto& [request, verb] : cases) {
    when(request, {.status = 403});
    const auto output = init();
    EXPECT_EQ(output.exit_code, 5);
    const std::string name = std::string(request).substr(std::string(request).find(' ') + 1);
    EXPECT_THAT(output.err, AllOf(HasSubstr(verb), HasSubstr("\"secrets\""), HasSubstr("sotto/" + name)));
    EXPECT_FALSE(server_.objects().contains("identity"));
  }
}

TEST_F(KubernetesInit, TellsOtherRefusalsApart) {
  const auto code_of = [&](unsigned status) {
    when("create identity", {.status = status});
    return init().exit_code;
  };
  EXPECT_EQ(code_of(401), 5);
  EXPECT_EQ(code_of(404), 6);
  EXPECT_EQ(code_of(422), 3);
  EXPECT_EQ(code_of(429), 1);
  EXPECT_EQ(code_of(503), 1);
  // There, says the one answer, and not there, the other.
  EXPECT_EQ(code_of(409), 7);
}

TEST_F(KubernetesInit, MakesAPasswordOnce) {
  const std::vector<std::string> arguments{"--ca-key-secret", "ca-key", "--password-secret", "password"};
  const auto output = init(arguments);
  EXPECT_EQ(output.exit_code, 0) << output.err;
  EXPECT_THAT(output.err, HasSubstr("Secret sotto/password: made"));
  const auto secret = server_.objects().at("password");
  EXPECT_TRUE(smp::check_password(value_in(secret, "password")));
  EXPECT_GE(value_in(secret, "password").size(), 43U);
  EXPECT_FALSE(secret["metadata"].contains("annotations"));
  EXPECT_THAT(init(arguments).err, HasSubstr("Secret sotto/password: kept"));
  EXPECT_EQ(server_.objects().at("password"), secret);
  // One that somebody chose, made in an editor.
  server_.put("password", secret_of({{"password", "correct-horse\n"}}));
  EXPECT_EQ(init(arguments).exit_code, 0);
  for (const auto& bad : {secret_of({{"other", "x"}}), secret_of({{"password", "a b"}})}) {
    server_.put("password", bad);
    EXPECT_EQ(init(arguments).exit_code, 7);
    EXPECT_EQ(server_.objects().at("password"), bad);
  }
}

TEST_F(KubernetesInit, RefusesNamesThatCannotBe) {
  EXPECT_EQ(init({"--ca-key-secret", "identity"}).exit_code, 2);
  EXPECT_EQ(init({"--password-secret", "identity"}).exit_code, 2);
  for (const auto* name : {"Ca", "a/b", "../a", "a..b", "-a", "a b", "a."}) {
    EXPECT_EQ(init({"--ca-key-secret", name}).exit_code, 2) << name;
  }
  EXPECT_EQ(init({"--host", "no host"}).exit_code, 2);
  EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST(KubernetesInitInNoPod, SaysSo) {
  const std::array groups{&add_kubernetes_commands};
  const auto no_namespace = run_sotto({"kubernetes", "init", "--secret", "a"}, "", false, groups);
  EXPECT_EQ(no_namespace.exit_code, 3);
  EXPECT_THAT(no_namespace.err, HasSubstr("--namespace"));
  const auto no_server = run_sotto({"kubernetes", "init", "--secret", "a", "--namespace", "b"}, "", false, groups);
  EXPECT_EQ(no_server.exit_code, 3);
  EXPECT_THAT(no_server.err, HasSubstr("--api-server"));
}

}  // namespace
}  // namespace sotto::cli
