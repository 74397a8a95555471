// The marker of `sotto kubernetes init`: a server keeps the identity that it had.
#include <array>
#include <string>
#include <thread>

#include "admin-cli/kubernetes/kubernetes_init_fixture.hpp"

namespace sotto::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Action = FakeApiServer::Action;
using Objects = FakeApiServer::Objects;

constexpr const char* kMarker = "configmaps/marker";

class KubernetesMarker : public KubernetesInit {
 protected:
  // With a marker, and what an identity needs.
  [[nodiscard]] Output init_marked(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"--ca-key-secret", "ca-key", "--marker", "marker"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return init(arguments);
  }

  [[nodiscard]] std::string marked() const {
    return server_.objects().at(kMarker).at("data").at("fingerprint").get<std::string>();
  }

  // Puts another identity into the Secret, whose fingerprint comes back.
  std::string exchange_identity() {
    server_.remove("identity");
    server_.remove("ca-key");
    const auto other = init();
    EXPECT_EQ(other.exit_code, 0) << other.err;
    return line_of(other);
  }

  static std::string line_of(const Output& output) { return output.out.substr(0, output.out.find('\n')); }
};

TEST_F(KubernetesMarker, IsMadeAfterTheIdentity) {
  const auto output = init_marked();
  ASSERT_EQ(output.exit_code, 0) << output.err;
  EXPECT_THAT(output.err, HasSubstr("ConfigMap sotto/marker: made"));
  EXPECT_THAT(server_.requests(), ElementsAre("get configmaps/marker", "get identity", "get ca-key", "create ca-key",
                                              "create identity", "create configmaps/marker"));
  const auto marker = server_.objects().at(kMarker);
  EXPECT_EQ(marker.at("kind"), "ConfigMap");
  EXPECT_EQ(marker.at("metadata").at("name"), "marker");
  EXPECT_EQ(marker.at("metadata").at("labels").at("app.kubernetes.io/managed-by"), "sotto");
  EXPECT_EQ(marker.at("immutable"), true);
  EXPECT_EQ(marker.at("data"), nlohmann::json({{"fingerprint", line_of(output)}}));

  const auto before = server_.objects();
  const auto again = init_marked();
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.out, output.out);
  EXPECT_THAT(again.err, HasSubstr("ConfigMap sotto/marker: kept"));
  EXPECT_EQ(server_.objects(), before);
}

TEST_F(KubernetesMarker, IsMadeOfAnIdentityThatIsThere) {
  const auto made = init();
  // As for a Secret that somebody brought along: nothing else is named.
  const auto output = init({"--marker", "marker"});
  EXPECT_EQ(output.exit_code, 0) << output.err;
  EXPECT_EQ(marked() + "\n", made.out);
}

TEST_F(KubernetesMarker, LetsNoLostIdentityBeReplaced) {
  const auto made = init_marked();
  server_.remove("identity");
  const auto before = server_.objects();
  const auto output = init_marked();
  EXPECT_EQ(output.exit_code, 7);
  EXPECT_THAT(output.err, AllOf(HasSubstr("Secret sotto/identity is not there"), HasSubstr("ConfigMap sotto/marker"),
                                HasSubstr(line_of(made)), HasSubstr("backup")));
  EXPECT_EQ(output.out, "");
  EXPECT_EQ(server_.objects(), before);
  // Who deletes the marker, too, wants that.
  server_.remove("ca-key");
  server_.remove(kMarker);
  const auto other = init_marked();
  EXPECT_EQ(other.exit_code, 0) << other.err;
  EXPECT_NE(other.out, made.out);
  EXPECT_EQ(marked(), line_of(other));
}

TEST_F(KubernetesMarker, RefusesAnotherIdentity) {
  const auto made = init_marked();
  const auto whole = server_.objects();
  const auto other = exchange_identity();
  const auto output = init_marked();
  EXPECT_EQ(output.exit_code, 7);
  EXPECT_THAT(output.err, AllOf(HasSubstr(other), HasSubstr(line_of(made)), HasSubstr("delete that ConfigMap")));
  EXPECT_EQ(marked(), line_of(made));
  server_.put("identity", whole.at("identity"));
  EXPECT_EQ(init_marked().out, made.out);
}

TEST_F(KubernetesMarker, IsMadeByTheNextRunAfterACrash) {
  when("create configmaps/marker", {.close_before = true});
  EXPECT_EQ(init_marked().exit_code, 4);
  server_.intercept({});
  const auto before = server_.objects();
  EXPECT_FALSE(before.contains(kMarker));
  const auto output = init_marked();
  EXPECT_EQ(output.exit_code, 0) << output.err;
  EXPECT_EQ(server_.objects().at("identity"), before.at("identity"));
  EXPECT_EQ(marked(), line_of(output));
}

TEST_F(KubernetesMarker, TakesTheOneThatSomebodyElseMadeMeanwhile) {
  const auto made = init_marked();
  const auto mine = server_.objects().at(kMarker);
  server_.remove(kMarker);
  server_.intercept([&](const std::string& request, Objects& objects) {
    if (request == "create configmaps/marker") objects[kMarker] = mine;
    return Action{};
  });
  EXPECT_EQ(init_marked().out, made.out);
  // Of another identity: that is for people to decide.
  auto other = mine;
  other["data"]["fingerprint"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  server_.remove(kMarker);
  server_.intercept([&](const std::string& request, Objects& objects) {
    if (request == "create configmaps/marker") objects[kMarker] = other;
    return Action{};
  });
  EXPECT_EQ(init_marked().exit_code, 7);
}

TEST_F(KubernetesMarker, IsOfOneIdentityWhenTwoRun) {
  for (int round = 0; round < 5; ++round) {
    std::array<Output, 2> outputs;
    {
      std::array<std::jthread, 2> runs;
      for (std::size_t i = 0; i < runs.size(); ++i) {
        runs.at(i) = std::jthread([&, i] { outputs.at(i) = init_marked(); });
      }
    }
    EXPECT_EQ(outputs[0].exit_code, 0) << outputs[0].err;
    EXPECT_EQ(outputs[1].exit_code, 0) << outputs[1].err;
    EXPECT_EQ(outputs[0].out, outputs[1].out);
    EXPECT_EQ(marked(), line_of(outputs[0]));
    for (const auto* name : {"identity", "ca-key", kMarker}) server_.remove(name);
  }
}

TEST_F(KubernetesMarker, ThatHoldsNothingIsAConflict) {
  ASSERT_EQ(init_marked().exit_code, 0);
  const auto whole = server_.objects().at(kMarker);
  for (const auto& data : {nlohmann::json::object(), nlohmann::json({{"fingerprint", "short"}}),
                           nlohmann::json({{"fingerprint", 1}}), nlohmann::json()}) {
    auto bad = whole;
    bad["data"] = data;
    server_.put(kMarker, bad);
    const auto output = init_marked();
    EXPECT_EQ(output.exit_code, 7);
    EXPECT_THAT(output.err, HasSubstr("ConfigMap sotto/marker holds no fingerprint"));
  }
  // As somebody may write it by hand.
  auto by_hand = whole;
  auto text = whole.at("data").at("fingerprint").get<std::string>();
  text.pop_back();
  by_hand["data"]["fingerprint"] = text + "\n";
  server_.put(kMarker, by_hand);
  EXPECT_EQ(init_marked().exit_code, 0);
}

TEST_F(KubernetesMarker, NamesThePermissionThatIsMissing) {
  for (const auto& [request, verb] :
       {std::pair{"get configmaps/marker", "\"get\""}, std::pair{"create configmaps/marker", "\"create\""}}) {
    when(request, {.status = 403});
    const auto output = init_marked();
    EXPECT_EQ(output.exit_code, 5);
    EXPECT_THAT(output.err, AllOf(HasSubstr(verb), HasSubstr("\"configmaps\""), HasSubstr("sotto/marker")));
  }
}

TEST_F(KubernetesMarker, FailsWhenItsAnswerIsSomethingElse) {
  server_.put(kMarker, secret_of({{"fingerprint", "x"}}));
  EXPECT_EQ(init_marked().exit_code, 1);
  EXPECT_FALSE(server_.objects().contains("identity"));
}

TEST_F(KubernetesMarker, IsNotNeededToExpectAnIdentity) {
  const auto made = init();
  const auto fingerprint = line_of(made);
  EXPECT_EQ(init({"--expected-fingerprint", fingerprint}).out, made.out);
  // Without the '='.
  EXPECT_EQ(init({"--expected-fingerprint", fingerprint.substr(0, 43)}).out, made.out);
  EXPECT_EQ(init_marked({"--expected-fingerprint", fingerprint}).out, made.out);

  const auto other = exchange_identity();
  const auto refused = init({"--expected-fingerprint", fingerprint});
  EXPECT_EQ(refused.exit_code, 7);
  EXPECT_THAT(refused.err, AllOf(HasSubstr(other), HasSubstr(fingerprint), HasSubstr("--expected-fingerprint")));
  // The marker is of the first one.
  EXPECT_EQ(init_marked({"--expected-fingerprint", other}).exit_code, 7);

  server_.remove("identity");
  server_.remove("ca-key");
  server_.remove(kMarker);
  const auto lost = init({"--ca-key-secret", "ca-key", "--expected-fingerprint", fingerprint});
  EXPECT_EQ(lost.exit_code, 7);
  EXPECT_THAT(lost.err, HasSubstr("is not there"));
  EXPECT_THAT(server_.objects(), IsEmpty());
}

TEST_F(KubernetesMarker, OptionsAreChecked) {
  EXPECT_EQ(init({"--marker", "No"}).exit_code, 2);
  for (const auto* text : {"x", "AAAA+AAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    EXPECT_EQ(init({"--expected-fingerprint", text}).exit_code, 2) << text;
  }
  EXPECT_THAT(server_.requests(), IsEmpty());
}

}  // namespace
}  // namespace sotto::cli
