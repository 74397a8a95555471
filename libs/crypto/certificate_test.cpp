#include "libs/crypto/certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "libs/crypto/random.hpp"
#include "tests/support/vectors/vectors.hpp"

namespace sotto::crypto {
namespace {

using namespace std::chrono_literals;
using tests::hex_field;

// Within the validity of the captured certificates, which begins on 2026-11-23 06:04:54 UTC.
const SystemTime kNow{std::chrono::sys_days(std::chrono::year(2026) / 12 / 1)};
const SystemTime kCaptured{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 6h + 4min + 54s};

class ServerHello : public testing::Test {
 protected:
  static void SetUpTestSuite() { initialise(); }
  // A stale error would be taken for one of a TLS connection on the same thread.
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0U); }

  static std::vector<Bytes> certificates(const nlohmann::json& vector) {
    std::vector<Bytes> chain;
    for (const auto& der : vector.at("certificates_der")) chain.push_back(tests::hex_bytes(der));
    return chain;
  }

  const nlohmann::json vector = tests::load_vectors("server-hello.json");
  const std::vector<Bytes> chain = certificates(vector);
  const Bytes& leaf = chain.at(0);
  const Bytes& ca = chain.at(1);
};

TEST_F(ServerHello, ChainVerifiesAndHasTheFingerprint) {
  const Status status = verify_server_chain(chain, kNow);
  EXPECT_TRUE(status.ok()) << status.error().message;
  EXPECT_TRUE(tests::matches_vector(identity_fingerprint(chain), vector.at("identity_fingerprint_sha256")));
  EXPECT_EQ(fingerprint(ca), identity_fingerprint(chain));
}

TEST_F(ServerHello, SignedKeyOpensWithTheLeafKeyOnly) {
  const Bytes signed_key = hex_field(vector, "signed_key");
  const auto opened = open_signed_key(signed_key, certificate_key(leaf).value());
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(opened->kind(), KeyKind::x25519);
  EXPECT_FALSE(open_signed_key(signed_key, certificate_key(ca).value()).ok());
}

TEST_F(ServerHello, CertificatesAreRead) {
  const auto parsed = parse_certificate(leaf);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->der, leaf);
  EXPECT_EQ(parsed->subject_common_name, "localhost");
  EXPECT_EQ(parsed->not_before, kCaptured);
  EXPECT_EQ(parsed->not_after, SystemTime::max()) << "the year 4764 is beyond SystemTime";
  EXPECT_EQ(parse_certificate(ca)->subject_common_name, "SMP server CA");
}

TEST_F(ServerHello, EveryTruncatedCertificateIsRefused) {
  for (std::size_t size = 0; size < leaf.size(); ++size) {
    const ByteView der = ByteView(leaf).first(size);
    EXPECT_FALSE(parse_certificate(der).ok()) << size;
    EXPECT_FALSE(certificate_key(der).ok()) << size;
    EXPECT_FALSE(verify_server_chain({to_bytes(der), ca}, kNow).ok()) << size;
  }
  Bytes longer = leaf;
  longer.push_back(0);
  EXPECT_EQ(parse_certificate(longer).error().code, ErrorCode::invalid_argument);
}

TEST_F(ServerHello, EveryTamperedByteOfTheChainIsRefused) {
  for (std::size_t which = 0; which < chain.size(); ++which) {
    for (std::size_t i = 0; i < chain[which].size(); ++i) {
      auto changed = chain;
      changed[which][i] ^= 1U;
      EXPECT_FALSE(verify_server_chain(changed, kNow).ok()) << "certificate " << which << ", byte " << i;
    }
  }
}

TEST_F(ServerHello, ChainsOfOtherLengthsOrOrderAreRefused) {
  for (const auto& bad : {std::vector<Bytes>{}, {ca}, {leaf}, {leaf, ca, ca, ca, ca}, {ca, leaf}, {leaf, leaf}}) {
    const Status status = verify_server_chain(bad, kNow);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::unauthenticated);
  }
  EXPECT_TRUE(verify_server_chain({leaf, ca, ca}, kNow).ok());
  EXPECT_TRUE(verify_server_chain({leaf, ca, ca, ca}, kNow).ok());
}

TEST_F(ServerHello, ChainIsRefusedBeforeItBegins) {
  EXPECT_FALSE(verify_server_chain(chain, kCaptured - 1s).ok());
  EXPECT_TRUE(verify_server_chain(chain, kCaptured).ok());
}

TEST_F(ServerHello, ChainOfAnotherCaIsRefused) {
  const auto other = make_identity(KeyKind::ed25519, "localhost", kNow).value();
  EXPECT_FALSE(verify_server_chain({leaf, other.ca_certificate}, kNow).ok());
  EXPECT_FALSE(verify_server_chain({other.leaf_certificate, ca}, kNow).ok());
}

TEST_F(ServerHello, PemComesBackInOrderPastOtherBlocks) {
  const auto key = PrivateKey::generate(KeyKind::ed25519);
  std::string pem = "a comment\n" + certificate_to_pem(leaf);
  pem += private_key_to_pem(key).expose();
  pem += certificate_to_pem(ca);
  EXPECT_EQ(certificates_from_pem(pem).value(), chain);
  EXPECT_EQ(private_key_from_pem(pem)->public_key(), key.public_key());
}

TEST_F(ServerHello, PemWithoutAWholeCertificateIsRefused) {
  const std::string pem = certificate_to_pem(leaf);
  EXPECT_TRUE(pem.starts_with("-----BEGIN CERTIFICATE-----\n"));
  for (const std::string& bad :
       {std::string(), std::string("nothing"), pem.substr(0, pem.size() / 2),
        certificate_to_pem(ByteView(leaf).first(leaf.size() - 1)), pem + pem.substr(0, pem.size() / 2)}) {
    const auto read = certificates_from_pem(bad);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, ErrorCode::invalid_argument);
  }
}

TEST_F(ServerHello, PrivateKeysOfBothSigningKindsComeBackFromPem) {
  for (const auto kind : {KeyKind::ed25519, KeyKind::ed448}) {
    const auto key = PrivateKey::generate(kind);
    const SecretString pem = private_key_to_pem(key);
    EXPECT_TRUE(pem.expose().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    const auto read = private_key_from_pem(pem.expose());
    ASSERT_TRUE(read.ok());
    EXPECT_TRUE(constant_time_equal(read->expose(), key.expose()));
  }
}

TEST_F(ServerHello, OtherPrivateKeysAreRefused) {
  const SecretString x25519 = private_key_to_pem(PrivateKey::generate(KeyKind::x25519));
  const std::string encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n";
  const std::string rubbish = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
  for (const std::string_view bad : {x25519.expose(), std::string_view(encrypted), std::string_view(rubbish),
                                     std::string_view(), x25519.expose().substr(0, 60)}) {
    const auto read = private_key_from_pem(bad);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, ErrorCode::invalid_argument);
  }
}

// An RSA certificate is a certificate, but not one of the protocol.
TEST_F(ServerHello, KeysOfOtherKindsAreRefused) {
  const std::string rsa = R"(-----BEGIN CERTIFICATE-----
MIICBDCCAW2gAwIBAgIUd0lFP/lkpNGujj6fsEBo8/r9KEcwDQYJKoZIhvcNAQEL
BQAwEzERMA8GA1UEAwwIcnNhLnRlc3QwIBcNMjYxMTIzMDgwMTIyWhgPMjEyNjEw
MzAwODAxMjJaMBMxETAPBgNVBAMMCHJzYS50ZXN0MIGfMA0GCSqGSIb3DQEBAQUA
A4GNADCBiQKBgQDNXHwAAcukKMkvGAIUzLriWGwRvLY/Cwf12JAPbFVAGzXdhC8a
FaTxUipoeBe3HK5hjDB5eeCU2tDp/5X2NXFndIVrlLV1UkP7DEgHzZUFCx0QHRlI
2o0UEL9qu/hD4n2aOZKVctDSM9ub3N9AoiryIgpY9Q4xKGKT8PuoG1nENQIDAQAB
o1MwUTAdBgNVHQ4EFgQU0AXCDQga7UC+SgPkNlKHZVkCy0MwHwYDVR0jBBgwFoAU
0AXCDQga7UC+SgPkNlKHZVkCy0MwDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0B
AQsFAAOBgQAqmpONGTyr4kqYIMKqKNwp+965HUnExdPdlklVzPHUllQ0u10fLO+r
qjsL5RR76wfpXsl2kPugcWvuqCDBiqRxf6oTaG1eVHy6WOtoBCYb/yof/2CySJQi
jHFljfifzmscO7IeGa2Mcyke/nJgaSA48+93iiR9MsSmFgX/tQNpHw==
-----END CERTIFICATE-----
)";
  const auto der = certificates_from_pem(rsa);
  ASSERT_TRUE(der.ok()) << der.error().message;
  EXPECT_EQ(parse_certificate(der->front())->subject_common_name, "rsa.test");
  EXPECT_EQ(certificate_key(der->front()).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace sotto::crypto
