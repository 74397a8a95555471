#include "services/auth/api/admin_identities.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/crypto/hash.hpp"
#include "tests/support/child/temp_dir.hpp"

namespace sotto::auth {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// 32 bytes each.
const std::string kToken = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const std::string kOther = "__________________________________________8";

std::string hex_of(std::string_view text) {
  return to_hex(crypto::sha256(as_bytes(text)));
}
std::string word(const std::optional<Actor>& actor) {
  return actor ? actor->name + " " + std::to_string(static_cast<int>(actor->role)) : "nobody";
}

class Identities : public testing::Test {
 protected:
  Result<AdminIdentities> read(const std::string& text) {
    std::ofstream(path_) << text;
    return AdminIdentities::read(path_);
  }
  std::string complaint(const std::string& text) {
    const auto found = read(text);
    return found ? "" : found.error().message;
  }

 private:
  test::TempDir directory_;
  std::filesystem::path path_ = directory_.path() / "admins.toml";
};

TEST_F(Identities, ATokenIsOfWhoHasItsDigest) {
  const auto found = read("[alice]\nrole = \"operator\"\ntoken_sha256 = \"" + hex_of(kToken) +
                          "\"\n[bob.of.b]\nrole = \"admin\"\ntoken_sha256 = [\"" + std::string(64, '0') + "\", \"" +
                          hex_of(kOther) + "\"]\n");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->size(), 2U);
  EXPECT_EQ(word(found->of_token(kToken)), "alice 3");
  EXPECT_EQ(word(found->of_token(kOther)), "bob.of.b 4");
  EXPECT_EQ(word(found->of_token("")), "nobody");
  EXPECT_EQ(word(found->of_token(kToken + "=")), "nobody");
  EXPECT_EQ(word(found->of_token(hex_of(kToken))), "nobody");
}

// A word that people chose can be guessed, whatever its digest.
TEST_F(Identities, ATokenIsOf32Bytes) {
  const auto found = read("[alice]\nrole = \"viewer\"\ntoken_sha256 = \"" + hex_of("password") + "\"\n");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(word(found->of_token("password")), "nobody");
}

TEST_F(Identities, ACertificateIsKnownByItsDigestOrByWhatIsInIt) {
  const auto found =
      read("[alice]\nrole = \"viewer\"\ncertificate_sha256 = \"" + std::string("01:") + std::string(60, '0') +
           "Fe\"\n[bob]\nrole = \"moderator\"\ncertificate_cn = \"bob at work\"\n[ci]\nrole = \"operator\"\n"
           "certificate_uri = [\"spiffe://a/ci\", \"spiffe://b/ci\"]\n");
  ASSERT_TRUE(found) << found.error().message;
  ShownCertificate shown;
  EXPECT_EQ(word(found->of_certificate(shown)), "nobody");
  shown.common_name = "bob at work";
  EXPECT_EQ(word(found->of_certificate(shown)), "bob 2");
  shown.uris = {"spiffe://c/ci", "spiffe://b/ci"};
  EXPECT_EQ(word(found->of_certificate(shown)), "ci 3");
  shown.fingerprint.front() = 1;
  shown.fingerprint.back() = 0xfe;
  EXPECT_EQ(word(found->of_certificate(shown)), "alice 1");
}

TEST_F(Identities, SayWhatIsWrongAndWhere) {
  EXPECT_THAT(complaint(""), HasSubstr("admins.toml names nobody"));
  EXPECT_THAT(complaint("[alice\n"), AllOf(HasSubstr("admins.toml:1"), HasSubstr("is not TOML")));
  EXPECT_THAT(complaint("role = \"viewer\"\n"), HasSubstr(":1: role stands before the name of anybody"));
  EXPECT_THAT(complaint("\n[alice]\nrole = \"viewer\"\n"),
              HasSubstr(":3: alice.role is all there is of somebody; add token_sha256"));
  // Whoever reads only the names would think that bob may do something, or that it does not matter that he cannot.
  EXPECT_THAT(complaint("[alice]\nrole = \"viewer\"\ncertificate_cn = \"a\"\n\n[bob]\n"),
              HasSubstr("admins.toml:5: bob has nothing below it; add role, and token_sha256"));
  EXPECT_THAT(complaint("[bob]\n"), AllOf(HasSubstr(":1: bob has nothing"), Not(HasSubstr("names nobody"))));
  EXPECT_THAT(complaint("[alice]\ncertificate_cn = \"a\"\n"),
              HasSubstr(":2: alice.certificate_cn is of somebody without"));
  EXPECT_THAT(complaint("[alice]\nrole = \"root\"\ncertificate_cn = \"a\"\n"),
              HasSubstr(":2: alice.role is none of viewer, moderator, operator, admin"));
  EXPECT_THAT(complaint("[alice]\nrole = \"viewer\"\ntoken_sha265 = \"a\"\n"),
              HasSubstr(":3: alice.token_sha265 is unknown; do you mean token_sha256?"));
  EXPECT_THAT(complaint("[\"a b\"]\nrole = \"viewer\"\n"), HasSubstr("is of a name that cannot be"));
  EXPECT_THAT(complaint("[local]\nrole = \"viewer\"\ncertificate_cn = \"a\"\n"), HasSubstr("is of a name that cannot"));
  EXPECT_THAT(complaint("[alice]\nrole = \"viewer\"\ncertificate_cn = []\n"), HasSubstr("neither a text nor a list"));
}

// Somebody wrote the token where its digest belongs: it is not repeated.
TEST_F(Identities, RepeatNothingThatMayBeASecret) {
  EXPECT_THAT(complaint("[alice]\nrole = \"viewer\"\ntoken_sha256 = \"" + kToken + "\"\n"),
              AllOf(HasSubstr(":3: alice.token_sha256 is no SHA-256 digest"), Not(HasSubstr(kToken))));
}

TEST_F(Identities, AMarkIsOfOnePerson) {
  const auto people = [](const std::string& mark) {
    return "[alice]\nrole = \"admin\"\n" + mark + "\n[bob]\nrole = \"viewer\"\n" + mark + "\n";
  };
  EXPECT_THAT(complaint(people("token_sha256 = \"" + hex_of(kToken) + "\"")),
              HasSubstr(":6: bob.token_sha256 is what alice is known by already"));
  EXPECT_THAT(complaint(people("certificate_sha256 = \"" + hex_of(kToken) + "\"")), HasSubstr("alice is known by"));
  EXPECT_THAT(complaint(people("certificate_cn = \"a\"")), HasSubstr("alice is known by"));
  EXPECT_THAT(complaint(people("certificate_uri = \"a\"")), HasSubstr("alice is known by"));
}

}  // namespace
}  // namespace sotto::auth
