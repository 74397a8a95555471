// Sections 7 and 10: private routing and subscriptions of services, as a server answers that has none of them.
#include "tests/conformance/conformance_test.hpp"

namespace sotto::test {
namespace {

smp::Command prxy(std::optional<ByteView> password = std::nullopt) {
  static const Bytes fingerprint(32, 'f');
  return smp::Prxy{{as_bytes("example.org")}, as_bytes("5223"), fingerprint, password};
}

class Section10Unconfigured : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Versions, Section10Unconfigured, all_versions(), version_name);

TEST_P(Section10Unconfigured, PrxyCannotReachTheHost) {
  const auto answer = must(client->command(nullptr, {}, prxy()));
  EXPECT_EQ(text_of(answer), "ERR PROXY BROKER HOST");
  EXPECT_TRUE(answer.entity_id.empty());
}

TEST_P(Section10Unconfigured, PfwdKnowsNoSession) {
  const Bytes session(32, 1);
  const smp::Pfwd pfwd{version(), new_key(KeyKind::x25519).public_key(), session};
  EXPECT_EQ(ask(*client, nullptr, session, pfwd), "ERR PROXY NO_SESSION");
}

TEST_P(Section10Unconfigured, SubscribingAServiceNeedsAServiceSession) {
  const auto key = new_key();
  const Bytes id(kIdSize, 1);
  const Bytes hash(16, 0);
  EXPECT_EQ(ask(*client, &key, id, smp::Subs{1, hash}), "ERR SERVICE");
  EXPECT_EQ(ask(*client, &key, id, smp::Nsubs{1, hash}), "ERR SERVICE");
}

class Section10UnconfiguredPassword : public Conformance {
 protected:
  Section10UnconfiguredPassword() : Conformance({}, {"SOTTO_PASSWORD=correct-horse"}) {}
};
INSTANTIATE_TEST_SUITE_P(Versions, Section10UnconfiguredPassword, testing::Values<smp::Version>(8, 18, 20),
                         version_name);

TEST_P(Section10UnconfiguredPassword, PrxyNeedsIt) {
  EXPECT_EQ(ask(*client, nullptr, {}, prxy()), "ERR PROXY BASIC_AUTH");
  EXPECT_EQ(ask(*client, nullptr, {}, prxy(as_bytes("wrong"))), "ERR PROXY BASIC_AUTH");
  EXPECT_EQ(ask(*client, nullptr, {}, prxy(as_bytes("correct-horse"))), "ERR PROXY BROKER HOST");
}

class Section7Ping : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Versions, Section7Ping, all_versions(), version_name);

TEST_P(Section7Ping, AnswersPongWithItsCorrelationId) {
  const Bytes corr_id(smp::kCorrIdSize, 5);
  const auto answer = must(client->request(Request{.command = smp::Ping{}, .corr_id = corr_id}));
  EXPECT_EQ(text_of(answer), "PONG");
  EXPECT_TRUE(equal(answer.corr_id, corr_id));
  EXPECT_TRUE(answer.entity_id.empty());
}

TEST_P(Section7Ping, EchoesCorrelationIdsOfAnyLength) {
  for (const std::size_t size : {1U, 8U, 23U, 25U, 200U, 255U}) {
    const Bytes corr_id(size, 5);
    const auto answer = must(client->request(Request{.command = smp::Ping{}, .corr_id = corr_id}));
    EXPECT_TRUE(equal(answer.corr_id, corr_id)) << size;
  }
}

}  // namespace
}  // namespace sotto::test
