#include "gateway/web/web_pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::gateway {
namespace {

using backend::AccessDecision;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

// Answers whatever it is told.
class FixedPolicy final : public backend::AccessPolicy {
 public:
  [[nodiscard]] std::shared_ptr<const backend::ProxyPolicy> proxy_policy() const override { return nullptr; }
  [[nodiscard]] std::optional<backend::Admission> decide(backend::AccessPurpose /*purpose*/,
                                                         std::optional<ByteView> /*password*/,
                                                         const backend::AccessSource& /*source*/) override {
    return backend::Admission{decision};
  }
  void ask(backend::AccessPurpose /*purpose*/, ByteView /*password*/, const backend::AccessSource& /*source*/,
           std::function<void(backend::Admission)> done) override {
    done({decision});
  }
  AccessDecision decision = AccessDecision::missing_password;
};

class WebPagesTest : public testing::Test {
 protected:
  std::string body(std::string_view path = "/") { return WebPages(facts, policy).find(path).value().body; }

  FixedPolicy policy;
  WebPages::Facts facts;
};

TEST_F(WebPagesTest, SayWhoRunsTheServer) {
  facts.information = {.operator_name = "Example & Sons",
                       .operator_country = "Switzerland",
                       .website = "https://example.org/?a=1&b=2",
                       .contact = "admin@example.org",
                       .complaints = "by letter: Main Street 1",
                       .hosting = "",
                       .hosting_country = "Iceland",
                       .conditions = "https://example.org/terms",
                       .source = "https://example.org/source"};
  const auto page = body();
  EXPECT_THAT(page, HasSubstr("<dd>Example &amp; Sons, Switzerland</dd>"));
  EXPECT_THAT(page, HasSubstr("<a href=\"https://example.org/?a=1&amp;b=2\" rel=\"noreferrer\">"));
  EXPECT_THAT(page, HasSubstr("<a href=\"mailto:admin@example.org\">"));
  EXPECT_THAT(page, HasSubstr("<dd>by letter: Main Street 1</dd>"));
  EXPECT_THAT(page, HasSubstr("<dd>Iceland</dd>"));
  EXPECT_THAT(page, HasSubstr("<title>Message server of Example &amp; Sons</title>"));
}

TEST_F(WebPagesTest, TakeNothingForMarkup) {
  facts.information.operator_name = "<script>alert(1)</script>";
  facts.information.website = "javascript:alert(1)";
  facts.information.contact = "https://example.org/\"><script>";
  EXPECT_THAT(body(), Not(HasSubstr("<script")));
  EXPECT_THAT(body(), Not(HasSubstr("href=\"javascript")));
}

TEST_F(WebPagesTest, LeaveOutWhatNobodySaid) {
  const auto page = body();
  EXPECT_THAT(page, Not(HasSubstr("Who runs it")));
  EXPECT_THAT(page, Not(HasSubstr("In each queue")));
  EXPECT_THAT(page, Not(HasSubstr("wait for")));
}

TEST_F(WebPagesTest, SayWhatIsKeptForHowLong) {
  facts.quota = 128;
  facts.lifetime = 21 * 24h;
  EXPECT_THAT(body(), HasSubstr("up to 128 messages"));
  EXPECT_THAT(body(), HasSubstr("21 days, then they are removed"));
  facts.lifetime = 90min;
  EXPECT_THAT(body(), HasSubstr("1 hour, then"));
  facts.lifetime = 24h;
  EXPECT_THAT(body(), HasSubstr("24 hours, then"));
  facts.lifetime = 90s;
  EXPECT_THAT(body(), HasSubstr("90 seconds, then"));
}

TEST_F(WebPagesTest, SayWhoMayCreateQueues) {
  EXPECT_THAT(body(), HasSubstr("who has a password"));
  policy.decision = AccessDecision::allowed;
  EXPECT_THAT(body(), HasSubstr("anybody who knows the address"));
  policy.decision = AccessDecision::switched_off;
  EXPECT_THAT(body(), HasSubstr("nobody at present"));
  policy.decision = AccessDecision::unknown;
  EXPECT_THAT(body(), HasSubstr("not known at this moment"));
}

TEST_F(WebPagesTest, ShowTheAddressWhereNoPasswordIsNeeded) {
  const auto address = "smp://AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=@smp.example.org,[2001:db8::1]:5224";
  facts.hosts = {*smp::parse_host("smp.example.org"), *smp::parse_host("2001:db8::1")};
  facts.port = 5224;
  EXPECT_THAT(body(), Not(HasSubstr("smp://"))) << "a password is needed";
  EXPECT_THAT(body(), Not(HasSubstr("<svg")));
  policy.decision = AccessDecision::allowed;
  EXPECT_THAT(body(), HasSubstr(address));
  EXPECT_THAT(body(), HasSubstr("<svg"));
  facts.show_address = ShowAddress::never;
  EXPECT_THAT(body(), Not(HasSubstr("smp://")));
  policy.decision = AccessDecision::missing_password;
  facts.show_address = ShowAddress::always;
  EXPECT_THAT(body(), HasSubstr(address)) << "without the password";
  EXPECT_THAT(body(), HasSubstr("goes between the fingerprint"));
  facts.hosts.clear();
  EXPECT_THAT(body(), Not(HasSubstr("smp://"))) << "nobody said what it is";
}

TEST_F(WebPagesTest, AreThereForEveryKindOfLink) {
  const WebPages pages(facts, policy);
  for (const auto* path : {"/a", "/c", "/g", "/r", "/i", "/a/", "/i/abc"}) {
    const auto page = pages.find(path);
    ASSERT_TRUE(page) << path;
    EXPECT_FALSE(page->indexed) << path;
    EXPECT_THAT(page->body, HasSubstr("SimpleX Chat")) << path;
  }
  for (const auto* path : {"", "/b", "/ab", "/a.html", "//", "/../a", "/favicon.ico"})
    EXPECT_FALSE(pages.find(path)) << path;
  EXPECT_TRUE(pages.find("/")->indexed);
}

TEST_F(WebPagesTest, NeedNoScriptAndNothingFromElsewhere) {
  policy.decision = AccessDecision::allowed;
  facts.hosts = {*smp::parse_host("smp.example.org")};
  for (const auto* path : {"/", "/a", "/c", "/g", "/r", "/i"}) {
    for (const auto* what : {"<script", "src=", "url(", "<link", "@import", "<img", "<iframe"}) {
      EXPECT_THAT(body(path), Not(HasSubstr(what))) << path;
    }
  }
}

}  // namespace
}  // namespace sotto::gateway
