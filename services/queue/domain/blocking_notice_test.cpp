#include "services/queue/domain/blocking_notice.hpp"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace sotto::queue {
namespace {

std::string normalised(std::string_view json) {
  const auto notice = normalise_blocking_notice(json);
  return notice ? *notice : "refused: " + notice.error().message;
}

TEST(BlockingNotice, IsKeptWithoutTheSpacesBetweenItsParts) {
  const std::vector<std::pair<std::string, std::string>> notices = {
      {"", ""},
      {"{}", "{}"},
      {R"({"ttl":86400})", R"({"ttl":86400})"},
      {" {\n \"ttl\" : 86400 }\r\n", R"({"ttl":86400})"},
      {R"({"ttl":null})", R"({"ttl":null})"},
      {R"({"ttl":0})", R"({"ttl":0})"},
      {R"({"ttl":9223372036854775807})", R"({"ttl":9223372036854775807})"},
      {R"({"ttl":1,"ttl":2})", R"({"ttl":2})"},
      {R"({"text":"two  spaces, \u00e4, ä","ttl":5})", R"({"text":"two  spaces, ä, ä","ttl":5})"}};
  for (const auto& [json, kept] : notices) EXPECT_EQ(normalised(json), kept) << json;
}

TEST(BlockingNotice, WhatClientsCannotReadIsRefused) {
  for (const std::string json :
       {"text", "[]", "5", "null", "{", "{}{}", "{'ttl':5}", R"({"ttl":5,})", "{\"text\":\"\xff\"}", R"("{}")", " "}) {
    const auto notice = normalise_blocking_notice(json);
    ASSERT_FALSE(notice.ok()) << json;
    EXPECT_EQ(notice.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(notice.error().message, R"(the notice is no JSON object; write for example {"ttl":86400})");
  }
  for (const std::string ttl : {"-1", "1.5", "1e3", "\"5\"", "true", "[]", "{}", "9223372036854775808", "1e400"}) {
    EXPECT_TRUE(normalised("{\"ttl\":" + ttl + "}").starts_with("refused: the notice ")) << ttl;
  }
}

TEST(BlockingNotice, HasALargestSize) {
  const auto of_size = [](std::size_t size) {
    const std::string frame = R"({"text":""})";
    return R"({"text":")" + std::string(size - frame.size(), 'x') + "\"}";
  };
  EXPECT_EQ(normalised(of_size(kMaxBlockingNotice)), of_size(kMaxBlockingNotice));
  EXPECT_EQ(normalised(of_size(kMaxBlockingNotice + 1)),
            "refused: the notice has 513 bytes; at most 512 fit in an answer");
  // 120 numbers of three characters, written out.
  std::string numbers = "{\"n\":[1e9";
  for (int i = 0; i < 119; ++i) numbers += ",1e9";
  EXPECT_TRUE(normalised(numbers + "]}").starts_with("refused: the notice has numbers"));
}

}  // namespace
}  // namespace sotto::queue
