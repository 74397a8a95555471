#include <algorithm>

#include <gtest/gtest.h>

#include "libs/crypto/certificate.hpp"
#include "libs/crypto/random.hpp"
#include "tests/support/vectors/vectors.hpp"

namespace sotto::crypto {
namespace {

using namespace std::chrono_literals;

const SystemTime kNow{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 6h + 4min + 54s};

// Replaces the part of `der` that starts after `head` with zeros.
void blank(Bytes& der, ByteView head, std::size_t size) {
  const auto found = std::search(der.begin(), der.end(), head.begin(), head.end());
  ASSERT_NE(found, der.end());
  std::fill_n(found + static_cast<std::ptrdiff_t>(head.size()), size, std::uint8_t{0});
}

// The certificate without what is random in it: serial, key, key identifiers and signature. What is left has to be
// byte for byte what the reference tool makes.
std::string form(Bytes der) {
  blank(der,
        from_hex("a003020102"
                 "0214")
            .value(),
        20);
  blank(der,
        from_hex("300506032b6570"
                 "032100")
            .value(),
        32);
  blank(der, from_hex("0603551d0e04160414").value(), 20);
  blank(der, from_hex("0603551d23041830168014").value(), 20);
  std::fill(der.end() - 64, der.end(), std::uint8_t{0});
  return to_hex(der);
}

class MakeCertificate : public testing::TestWithParam<KeyKind> {
 protected:
  static void SetUpTestSuite() { initialise(); }
};

TEST_P(MakeCertificate, IdentityVerifiesForAVeryLongTime) {
  const auto identity = make_identity(GetParam(), "smp.example.org", kNow);
  ASSERT_TRUE(identity.ok()) << identity.error().message;
  const std::vector<Bytes> chain{identity->leaf_certificate, identity->ca_certificate};
  for (const SystemTime when : {kNow - kClockTolerance, kNow, kNow + std::chrono::years(200)}) {
    const Status status = verify_server_chain(chain, when);
    EXPECT_TRUE(status.ok()) << status.error().message;
  }
  EXPECT_FALSE(verify_server_chain(chain, kNow - kClockTolerance - 1s).ok());
  EXPECT_FALSE(verify_server_chain({identity->ca_certificate, identity->leaf_certificate}, kNow).ok());

  EXPECT_EQ(certificate_key(identity->leaf_certificate).value(), identity->leaf_key.public_key());
  EXPECT_EQ(certificate_key(identity->ca_certificate).value(), identity->ca_key.public_key());
  EXPECT_EQ(identity->leaf_key.kind(), GetParam());
  EXPECT_EQ(identity_fingerprint(chain), fingerprint(identity->ca_certificate));
  EXPECT_EQ(parse_certificate(identity->leaf_certificate)->subject_common_name, "smp.example.org");
  EXPECT_EQ(parse_certificate(identity->ca_certificate)->subject_common_name, "SMP server CA");
}

TEST_P(MakeCertificate, IdentitiesDiffer) {
  const auto one = make_identity(GetParam(), "localhost", kNow).value();
  const auto two = make_identity(GetParam(), "localhost", kNow).value();
  EXPECT_NE(fingerprint(one.ca_certificate), fingerprint(two.ca_certificate));
  EXPECT_NE(one.leaf_key.public_key(), one.ca_key.public_key());
  // The names agree, so only the signature tells them apart.
  EXPECT_FALSE(verify_server_chain({one.leaf_certificate, two.ca_certificate}, kNow).ok());
}

TEST_P(MakeCertificate, SelfSignedExpires) {
  const auto key = PrivateKey::generate(GetParam());
  const auto der = make_self_signed(key, "service", kNow, 1h);
  ASSERT_TRUE(der.ok());
  const auto parsed = parse_certificate(*der);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->subject_common_name, "service");
  EXPECT_EQ(parsed->not_before, kNow);
  EXPECT_EQ(parsed->not_after, kNow + 1h);
  EXPECT_EQ(certificate_key(*der).value(), key.public_key());

  const std::vector<Bytes> chain{*der, *der};
  EXPECT_TRUE(verify_server_chain(chain, kNow + 1h).ok());
  const Status expired = verify_server_chain(chain, kNow + 1h + 1s);
  ASSERT_FALSE(expired.ok());
  EXPECT_EQ(expired.error().code, ErrorCode::unauthenticated);
}

// A chain of 4 has its last two where only the order of issuers is looked at: a leaf may not stand there.
TEST_P(MakeCertificate, OnlyACaMayIssue) {
  const auto identity = make_identity(GetParam(), "localhost", kNow).value();
  EXPECT_FALSE(verify_server_chain({identity.leaf_certificate, identity.leaf_certificate, identity.ca_certificate,
                                    identity.ca_certificate},
                                   kNow)
                   .ok());
}

TEST_P(MakeCertificate, AFurtherLeafStandsUnderTheSameIdentity) {
  const auto identity = make_identity(GetParam(), "localhost", kNow).value();
  for (const auto kind : {KeyKind::ed25519, KeyKind::ed448}) {
    const auto key = PrivateKey::generate(kind);
    const auto leaf =
        make_leaf({key.public_key(), "smp.example.org", 90}, identity.ca_certificate, identity.ca_key, kNow);
    ASSERT_TRUE(leaf.ok()) << leaf.error().message;
    const std::vector<Bytes> chain{*leaf, identity.ca_certificate};
    for (const SystemTime when : {kNow - kClockTolerance, kNow, kNow + 90 * 24h - kClockTolerance}) {
      const Status status = verify_server_chain(chain, when);
      EXPECT_TRUE(status.ok()) << status.error().message;
    }
    EXPECT_FALSE(verify_server_chain(chain, kNow + 90 * 24h).ok());
    EXPECT_EQ(identity_fingerprint(chain), fingerprint(identity.ca_certificate));
    EXPECT_EQ(certificate_key(*leaf).value(), key.public_key());
    EXPECT_EQ(parse_certificate(*leaf)->subject_common_name, "smp.example.org");
  }
}

TEST_P(MakeCertificate, NoLeafIsMadeWithTheKeyOfAnotherCa) {
  const auto identity = make_identity(GetParam(), "localhost", kNow).value();
  const auto other = make_identity(GetParam(), "localhost", kNow).value();
  const LeafRequest request{identity.leaf_key.public_key(), "localhost"};
  EXPECT_EQ(make_leaf(request, identity.ca_certificate, other.ca_key, kNow).error().code, ErrorCode::conflict);
  EXPECT_EQ(make_leaf({request.key, ""}, identity.ca_certificate, identity.ca_key, kNow).error().code,
            ErrorCode::invalid_argument);
  EXPECT_EQ(make_leaf(request, ByteView(identity.ca_certificate).first(9), identity.ca_key, kNow).error().code,
            ErrorCode::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(Kinds, MakeCertificate, testing::Values(KeyKind::ed25519, KeyKind::ed448),
                         [](const auto& kind) { return kind.param == KeyKind::ed25519 ? "Ed25519" : "Ed448"; });

TEST(MakeCertificateForm, IsTheOneOfTheReferenceTool) {
  initialise();
  const auto reference = tests::load_vectors("server-hello.json").at("certificates_der");
  const auto identity = make_identity(KeyKind::ed25519, "localhost", kNow + kClockTolerance).value();
  const auto further = make_leaf({identity.leaf_key.public_key(), "localhost"}, identity.ca_certificate,
                                 identity.ca_key, kNow + kClockTolerance);
  EXPECT_EQ(form(further.value()), form(identity.leaf_certificate));
  EXPECT_EQ(form(identity.leaf_certificate), form(tests::hex_bytes(reference.at(0))));
  EXPECT_EQ(form(identity.ca_certificate), form(tests::hex_bytes(reference.at(1))));
}

TEST(MakeCertificateRefusal, NamesThatX509CannotHold) {
  initialise();
  const auto key = PrivateKey::generate(KeyKind::ed25519);
  for (const std::string& name : {std::string(), std::string(65, 'a'), std::string("\xff\xfe")}) {
    EXPECT_EQ(make_identity(KeyKind::ed25519, name, kNow).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(make_self_signed(key, name, kNow, 1h).error().code, ErrorCode::invalid_argument);
  }
  EXPECT_TRUE(make_self_signed(key, std::string(64, 'a'), kNow, 1h).ok());
}

TEST(MakeCertificateRefusal, KeysThatCannotSign) {
  initialise();
  EXPECT_FALSE(make_identity(KeyKind::x25519, "localhost", kNow).ok());
  EXPECT_FALSE(make_self_signed(PrivateKey::generate(KeyKind::x25519), "localhost", kNow, 1h).ok());
}

}  // namespace
}  // namespace sotto::crypto
