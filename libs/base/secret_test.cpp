#include "libs/base/secret.hpp"

#include <sstream>
#include <type_traits>

#include <gtest/gtest.h>

namespace sotto {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

static_assert(!Printable<SecretString>);
static_assert(!Printable<Secret<32>>);
static_assert(!std::is_convertible_v<SecretString, std::string>);
static_assert(!std::is_convertible_v<SecretString, std::string_view>);

TEST(Secret, MovedFromIsWiped) {
  Secret<4> a(as_bytes("abcd"));
  Secret<4> b(std::move(a));
  EXPECT_EQ(as_text(b.expose()), "abcd");
  EXPECT_EQ(to_hex(a.expose()), "00000000");  // NOLINT(bugprone-use-after-move): that is what is tested
}

TEST(Secret, DestructorWipesTheBytes) {
  alignas(Secret<8>) unsigned char place[sizeof(Secret<8>)];
  auto* secret = new (place) Secret<8>(as_bytes("password"));
  secret->~Secret<8>();
  EXPECT_EQ(to_hex({place, 8}), "0000000000000000");
}

TEST(SecretString, ComparesAndMoves) {
  SecretString a(std::string("hunter2"));
  SecretString b(a);
  EXPECT_TRUE(a == b);
  EXPECT_FALSE(a == SecretString(std::string("hunter3")));
  SecretString c(std::move(a));
  EXPECT_TRUE(c == b);
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
}

TEST(ConstantTimeEqual, LengthsAndContents) {
  EXPECT_TRUE(constant_time_equal({}, {}));
  EXPECT_TRUE(constant_time_equal(as_bytes("ab"), as_bytes("ab")));
  EXPECT_FALSE(constant_time_equal(as_bytes("ab"), as_bytes("ac")));
  EXPECT_FALSE(constant_time_equal(as_bytes("ab"), as_bytes("abc")));
}

}  // namespace
}  // namespace sotto
