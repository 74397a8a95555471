#include "gateway/names/name_record.hpp"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/http-server/name_record.hpp"

namespace sotto::gateway {
namespace {

// A record of which one thing is another.
std::string with(const std::string& what, const std::string& instead) {
  auto record = test::name_record("a.simplex");
  return record.replace(record.find(what), what.size(), instead);
}

TEST(NameRecord, IsWhatClientsRead) {
  EXPECT_TRUE(is_name_record(test::name_record("a.simplex")));
  EXPECT_TRUE(is_name_record(with(R"("eth":null,)", "")));
  EXPECT_TRUE(is_name_record(with(R"("name":)", R"("more":{"deep":[1]},"name":)")));
}

TEST(NameRecord, IsNothingElse) {
  for (const auto* text : {"", "[]", "null", "1", "{}", "{", "not json", "\xff"}) EXPECT_FALSE(is_name_record(text));
  EXPECT_FALSE(is_name_record(test::name_record("a.simplex") + "x"));
  EXPECT_FALSE(is_name_record(with(R"("location":"",)", "")));
  EXPECT_FALSE(is_name_record(with(R"("website":"https://example.org")", R"("website":null)")));
  EXPECT_FALSE(is_name_record(with("[]", "null")));
  EXPECT_FALSE(is_name_record(with("[]", "[1]")));
  EXPECT_FALSE(is_name_record(with("\"bc1q\"", "1")));
  EXPECT_FALSE(is_name_record(with("bc1q", "\xff")));
}

TEST(NameRecord, MayBeHoweverDeep) {
  const std::string deep(200'000, '[');
  EXPECT_FALSE(is_name_record(deep));
  EXPECT_FALSE(
      is_name_record(with(R"("name":)", R"("more":)" + deep + std::string(deep.size(), ']') + R"(,"name":1,"x":)")));
}

}  // namespace
}  // namespace sotto::gateway
