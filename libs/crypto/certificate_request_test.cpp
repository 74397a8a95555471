#include "libs/crypto/certificate_request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>

#include "libs/crypto/certificate.hpp"
#include "libs/crypto/random.hpp"

namespace sotto::crypto {
namespace {

class Request : public testing::TestWithParam<KeyKind> {
 protected:
  static void SetUpTestSuite() { initialise(); }
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0U); }
};

TEST_P(Request, ComesBackWithItsKeyAndName) {
  const auto key = PrivateKey::generate(GetParam());
  const auto pem = make_certificate_request(key, "smp.example.org");
  ASSERT_TRUE(pem.ok()) << pem.error().message;
  EXPECT_TRUE(pem->starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
  const auto opened = open_certificate_request("a comment\n" + *pem);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(opened->common_name, "smp.example.org");
  EXPECT_EQ(opened->key, key.public_key());
}

// Every change of the text is seen: it does not parse, or its signature is wrong.
TEST_P(Request, IsRefusedWhenItWasChanged) {
  const auto pem = *make_certificate_request(PrivateKey::generate(GetParam()), "smp.example.org");
  const auto body = pem.find('\n') + 1;
  const auto end = pem.find("\n-----END");
  for (auto i = body; i < end; ++i) {
    // The last character before a padding has bits that say nothing.
    if (pem[i] == '\n' || pem[i] == '=' || pem[i + 1] == '=') continue;
    auto changed = pem;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(open_certificate_request(changed).ok()) << i;
  }
}

TEST_P(Request, IsRefusedWhenItIsAnythingElse) {
  const auto key = PrivateKey::generate(GetParam());
  const auto pem = *make_certificate_request(key, "smp.example.org");
  const auto identity = *make_identity(GetParam(), "smp.example.org", std::chrono::system_clock::now());
  for (const auto& bad : {std::string(), std::string("nothing"), pem.substr(0, pem.size() / 2),
                          certificate_to_pem(identity.leaf_certificate)}) {
    const auto opened = open_certificate_request(bad);
    ASSERT_FALSE(opened.ok()) << bad;
    EXPECT_EQ(opened.error().code, ErrorCode::invalid_argument);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Request, testing::Values(KeyKind::ed25519, KeyKind::ed448),
                         [](const auto& kind) { return kind.param == KeyKind::ed25519 ? "Ed25519" : "Ed448"; });

TEST(RequestRefusal, NamesAndKeysThatACertificateCannotHave) {
  initialise();
  const auto key = PrivateKey::generate(KeyKind::ed25519);
  for (const std::string& name : {std::string(), std::string(65, 'a'), std::string("\xff\xfe")}) {
    EXPECT_EQ(make_certificate_request(key, name).error().code, ErrorCode::invalid_argument);
  }
  EXPECT_FALSE(make_certificate_request(PrivateKey::generate(KeyKind::x25519), "localhost").ok());
}

}  // namespace
}  // namespace sotto::crypto
