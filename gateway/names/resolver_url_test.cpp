#include "gateway/names/resolver_url.hpp"

#include <gtest/gtest.h>

namespace sotto::gateway {
namespace {

std::string target(std::string_view name, std::string_view url = "http://localhost") {
  return request_target(*parse_resolver_url(url), name).value_or("none");
}

TEST(ResolverUrl, IsTakenApart) {
  const auto plain = parse_resolver_url("http://127.0.0.1:8000");
  ASSERT_TRUE(plain.ok());
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, 8000);
  EXPECT_EQ(plain->path, "");
  EXPECT_EQ(plain->authority(), "127.0.0.1:8000");

  const auto tls = parse_resolver_url("https://names.example.org/v1/names/");
  ASSERT_TRUE(tls.ok());
  EXPECT_TRUE(tls->tls);
  EXPECT_EQ(tls->port, 443);
  EXPECT_EQ(tls->path, "/v1/names");
  EXPECT_EQ(tls->authority(), "names.example.org");

  const auto literal = parse_resolver_url("http://[::1]:81/");
  ASSERT_TRUE(literal.ok());
  EXPECT_EQ(literal->host, "::1");
  EXPECT_EQ(literal->authority(), "[::1]:81");
}

TEST(ResolverUrl, RefusesWhatItIsNot) {
  for (const auto* url : {"",
                          "names.example.org",
                          "ftp://names.example.org",
                          "http://",
                          "http://:80",
                          "http://user@host",
                          "http://user:password@host",
                          "http://host:0",
                          "http://host:65536",
                          "http://host:x",
                          "http://host:",
                          "http://host/a?b",
                          "http://host/a#b",
                          "http://host/a b",
                          "http://host?a",
                          "http://[::1",
                          "http://[::1]x",
                          "http://[host]",
                          "http://host\r\nX: y",
                          "http://host/\r\n"}) {
    EXPECT_FALSE(parse_resolver_url(url).ok()) << url;
  }
  EXPECT_FALSE(parse_resolver_url("http://host/" + std::string(1024, 'a')).ok());
}

TEST(ResolverUrl, AsksForNamesInLowerCase) {
  EXPECT_EQ(target("Alice.SimpleX"), "/resolve/alice.simplex");
  EXPECT_EQ(target("a-1.example.com", "https://host/names"), "/names/resolve/a-1.example.com");
}

TEST(ResolverUrl, AsksForNothingButNames) {
  const std::string longest = std::string(251, 'a') + ".b";
  EXPECT_EQ(target(longest), "/resolve/" + longest);
  for (const auto& name :
       {std::string(), std::string("."), std::string(".."), std::string("a..b"), std::string("../a"), std::string("a."),
        std::string("a/b"), std::string("a%2fb"), std::string("a?b"), std::string("a b"), std::string("a\r\nb"),
        std::string("\xc3\xa9.c"), std::string("a\0b", 3), longest + "c"}) {
    EXPECT_EQ(target(name), "none") << name;
  }
}

}  // namespace
}  // namespace sotto::gateway
