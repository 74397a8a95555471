#include "libs/smp-client/client_handshake.hpp"

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"

namespace sotto::client {
namespace {

const SystemTime kNow = std::chrono::system_clock::now();

class ClientHandshake : public testing::Test {
 protected:
  ClientHandshake() {
    options_.fingerprint = crypto::fingerprint(identity_.ca_certificate);
    hello_.session_id = session_id_;
    hello_.certificate_chain = chain_;
    hello_.signed_key = crypto::make_signed_key(session_key_.public_key(), identity_.leaf_key);
  }

  [[nodiscard]] std::variant<HelloAnswer, Failure> answer() const {
    return answer_hello(hello_, chain_, session_id_, options_);
  }
  [[nodiscard]] Reason refusal() const {
    const auto outcome = answer();
    const auto* failure = std::get_if<Failure>(&outcome);
    return failure == nullptr ? Reason::local : failure->reason;
  }

  crypto::NewIdentity identity_ = *crypto::make_identity(crypto::KeyKind::ed25519, "localhost", kNow);
  crypto::PrivateKey session_key_ = crypto::PrivateKey::generate(crypto::KeyKind::x25519);
  std::vector<Bytes> chain_{identity_.leaf_certificate, identity_.ca_certificate};
  Bytes session_id_ = Bytes(smp::kSessionIdSize, 7);
  ConnectOptions options_;
  smp::ServerHello hello_;
};

TEST_F(ClientHandshake, AcceptsTheIdentityOfTheAddress) {
  EXPECT_FALSE(check_identity(chain_, options_.fingerprint, kNow).has_value());
}

TEST_F(ClientHandshake, NamesTheIdentityThatItSaw) {
  const auto failure = check_identity(chain_, crypto::Fingerprint{}, kNow);
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->layer, Layer::fingerprint);
  EXPECT_EQ(failure->seen_fingerprint, options_.fingerprint);
}

TEST_F(ClientHandshake, RefusesASingleCertificate) {
  const auto failure = check_identity({identity_.ca_certificate}, options_.fingerprint, kNow);
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->layer, Layer::chain);
  EXPECT_EQ(failure->reason, Reason::chain_length);
}

TEST_F(ClientHandshake, RefusesALeafOfAnotherIdentity) {
  const auto other = *crypto::make_identity(crypto::KeyKind::ed25519, "localhost", kNow);
  const auto failure = check_identity({other.leaf_certificate, identity_.ca_certificate}, options_.fingerprint, kNow);
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->reason, Reason::chain_invalid);
}

TEST_F(ClientHandshake, TakesTheHighestCommonVersion) {
  hello_.versions = {6, 17};
  options_.versions = {8, 20};
  const auto outcome = answer();
  const auto& agreed = std::get<HelloAnswer>(outcome).agreed;
  EXPECT_EQ(agreed.version, 17);
  EXPECT_TRUE(agreed.encrypts_blocks);
  EXPECT_EQ(agreed.server_session_key, session_key_.public_key());
}

TEST_F(ClientHandshake, DoesNotEncryptBlocksBeforeVersion11) {
  options_.versions = {6, 10};
  const auto outcome = answer();
  const auto& agreed = std::get<HelloAnswer>(outcome).agreed;
  EXPECT_FALSE(agreed.encrypts_blocks);
  EXPECT_TRUE(agreed.session_key.has_value());
}

TEST_F(ClientHandshake, SendsNoKeyInVersion6) {
  options_.versions = {6, 6};
  hello_.versions = {6, 6};
  hello_.certificate_chain.clear();
  hello_.signed_key.clear();
  const auto outcome = answer();
  const auto& answer = std::get<HelloAnswer>(outcome);
  EXPECT_FALSE(answer.hello.session_key.has_value());
  EXPECT_FALSE(answer.agreed.server_session_key.has_value());
}

TEST_F(ClientHandshake, AProxyEncryptsNoBlocks) {
  options_.proxy_server = true;
  const auto outcome = answer();
  EXPECT_TRUE(std::get<HelloAnswer>(outcome).hello.proxy_server);
  EXPECT_FALSE(std::get<HelloAnswer>(outcome).agreed.encrypts_blocks);
}

TEST_F(ClientHandshake, AServiceShowsItsCertificateAndASignedKey) {
  const auto key = crypto::PrivateKey::generate(crypto::KeyKind::ed25519);
  const auto certificate = *crypto::make_self_signed(key, "service", kNow, std::chrono::hours(1));
  options_.service = ServiceIdentity{smp::ServiceRole::notifier, {{certificate}, key}};
  const auto outcome = answer();
  const auto& answer = std::get<HelloAnswer>(outcome);
  ASSERT_TRUE(answer.hello.service.has_value());
  EXPECT_EQ(answer.hello.service->role, smp::ServiceRole::notifier);
  const auto signed_key = crypto::open_signed_key(answer.hello.service->signed_key, key.public_key());
  ASSERT_TRUE(signed_key.ok());
  EXPECT_EQ(*signed_key, answer.agreed.service_key->public_key());
  EXPECT_EQ(answer.agreed.service_certificate_hash, crypto::fingerprint(certificate));
}

TEST_F(ClientHandshake, RefusesAnotherSession) {
  hello_.session_id.front() ^= 1;
  EXPECT_EQ(refusal(), Reason::session_mismatch);
}

TEST_F(ClientHandshake, RefusesACertificateThatTlsDidNotShow) {
  hello_.certificate_chain.pop_back();
  EXPECT_EQ(refusal(), Reason::session_mismatch);
}

TEST_F(ClientHandshake, RefusesASessionKeySignedByAnother) {
  hello_.signed_key = crypto::make_signed_key(session_key_.public_key(), identity_.ca_key);
  EXPECT_EQ(refusal(), Reason::bad_session_key);
}

TEST_F(ClientHandshake, RefusesARangeWithoutACommonVersion) {
  hello_.versions = {6, 9};
  options_.versions = {10, 20};
  EXPECT_EQ(refusal(), Reason::version_range);
  hello_.versions = {15, 20};
  options_.versions = {6, 14};
  EXPECT_EQ(refusal(), Reason::version_range);
}

}  // namespace
}  // namespace sotto::client
