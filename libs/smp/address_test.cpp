#include "libs/smp/address.hpp"

#include <gtest/gtest.h>

#include "libs/smp/values_test.hpp"

namespace sotto::smp {
namespace {

const std::string kFingerprint = "LcJUMfVhwD8yxjAiSaDzzGF3-kLG4Uh0Fl_ZIjrRwjI=";
const std::string kOnion = "jjbyvoemxysm7qxap7m5d5m35jzv5qq6gnlv7s4rsn7tdwwmuqciwpid.onion";

std::string printed(std::string_view text) {
  const auto address = parse_address(text);
  return address ? address->print(ShowPassword::yes) : "refused: " + address.error().message;
}
// What follows `smp://<fingerprint>`.
std::string address(std::string_view rest) {
  return "smp://" + kFingerprint + std::string(rest);
}
std::string message(std::string_view text) {
  const auto parsed = parse_address(text);
  return parsed ? "accepted" : parsed.error().message;
}

TEST(Address, AcceptedOnesOfTheVectors) {
  const auto vectors = tests::load_vectors("addresses.json");
  for (const auto& v : vectors.at("accepted")) {
    auto expected = v.at("printed").get<std::string>();
    // The vectors print IPv6 without brackets, which cannot be told from a port.
    if (const auto at = expected.find("@::1:"); at != std::string::npos) expected.replace(at, 4, "@[::1]");
    EXPECT_EQ(printed(v.at("address").get<std::string>()), expected);
    EXPECT_EQ(printed(expected), expected);
  }
}

TEST(Address, RefusedOnesOfTheVectors) {
  const auto vectors = tests::load_vectors("addresses.json");
  for (const auto& v : vectors.at("candidates_for_refusal")) {
    const auto text = v.at("address").get<std::string>();
    const auto parsed = parse_address(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
    EXPECT_FALSE(parsed.error().message.empty());
  }
}

TEST(Address, Parts) {
  const auto parsed = parse_address(address(":pass@Example.com," + kOnion + ",[2001:DB8::1],10.0.0.1:443"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(to_base64url(parsed->fingerprint), kFingerprint);
  EXPECT_EQ(parsed->password->expose(), "pass");
  EXPECT_EQ(parsed->port, 443);
  EXPECT_EQ(parsed->hosts, (std::vector<Host>{{HostKind::domain, "Example.com"},
                                              {HostKind::onion, kOnion},
                                              {HostKind::ipv6, "2001:db8::1"},
                                              {HostKind::ipv4, "10.0.0.1"}}));
}

TEST(Address, PasswordIsShownOnlyWhenAsked) {
  const auto parsed = parse_address(address(":pass@h")).value();
  EXPECT_EQ(parsed.print(ShowPassword::no), address("@h"));
  EXPECT_EQ(parsed.print(ShowPassword::yes), address(":pass@h"));
}

TEST(Address, Ipv6WithAndWithoutBrackets) {
  EXPECT_EQ(printed(address("@[::1]")), address("@[::1]"));
  EXPECT_EQ(printed(address("@::1")), address("@[::1]"));
  EXPECT_EQ(printed(address("@2001:db8::ab:cd")), address("@[2001:db8::ab:cd]"));
  EXPECT_EQ(printed(address("@1:2:3:4:5:6:7:8")), address("@[1:2:3:4:5:6:7:8]"));
  EXPECT_EQ(printed(address("@1:2:3:4:5:6:7:8:5223")), address("@[1:2:3:4:5:6:7:8]:5223"));
  EXPECT_EQ(printed(address("@:::443")), address("@[::]:443"));
  EXPECT_EQ(printed(address("@2001:db8::1,h:5223")), address("@[2001:db8::1],h:5223"));
  EXPECT_EQ(printed(address("@[2001:db8:0:0:0:0:0:1]:1")), address("@[2001:db8::1]:1"));
  EXPECT_NE(message(address("@::1:5223")).find("brackets"), std::string::npos);
  EXPECT_NE(message(address("@2001:db8::1:443")).find("brackets"), std::string::npos);
  for (const auto* host : {"@[::1", "@[::1]x", "@[]", "@[h]", "@[127.0.0.1]", "@[::1]:", "@[fe80::1%eth0]"}) {
    EXPECT_NE(message(address(host)), "accepted") << host;
  }
}

TEST(Address, Hosts) {
  for (const auto* host :
       {"h", "localhost", "a.b", "a-b.c", "_dmarc.c", "xn--bcher-kva.example", "0.0.0.0", "255.255.255.255", "1a.b"}) {
    EXPECT_TRUE(parse_host(host)) << host;
  }
  const std::string label(63, 'a');
  EXPECT_TRUE(parse_host(label));
  EXPECT_FALSE(parse_host(label + "a"));
  EXPECT_TRUE(parse_host(label + "." + label + "." + label + "." + std::string(61, 'b')));
  EXPECT_FALSE(parse_host(label + "." + label + "." + label + "." + std::string(62, 'b')));
  for (const auto* host : {"",
                           ".",
                           "a.",
                           ".a",
                           "a..b",
                           "-a",
                           "a-",
                           "a b",
                           "a/b",
                           "a@b",
                           "b\xc3\xbc.example",
                           "1.2.3",
                           "1.2.3.256",
                           "01.2.3.4",
                           "1.2.3.4.5",
                           "abc.onion",
                           ".onion",
                           "[::1",
                           "[",
                           "a\nb"}) {
    const auto parsed = parse_host(host);
    ASSERT_FALSE(parsed) << host;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
  }
  EXPECT_FALSE(parse_host(std::string_view("::1\0x", 5)));
  EXPECT_FALSE(parse_host("x" + kOnion)) << "one character too many";
  EXPECT_FALSE(parse_host("1" + kOnion.substr(1))) << "1 is not a character of such names";
  std::string upper = kOnion;
  upper[0] = 'J';
  EXPECT_EQ(parse_host(upper)->name, kOnion);
}

TEST(Address, Ports) {
  for (const auto* port : {"1", "443", "65535", "05223"})
    EXPECT_TRUE(parse_address(address("@h:" + std::string(port)))) << port;
  for (const auto* port : {"", "0", "65536", "99999999999999999999", "-1", "+1", "5223x", " 1", "1 "}) {
    EXPECT_FALSE(parse_address(address("@h:" + std::string(port)))) << port;
  }
}

struct Slip {
  std::string text;
  std::string remedy;  // words that the message must have
};

TEST(Address, CommonSlipsNameTheirRemedy) {
  const std::string fp = kFingerprint;
  const Slip slips[] = {
      {"", "empty"},
      {"smp1.example.com", "begins with smp://"},
      {"http://" + fp + "@h", "begins with smp://, not"},
      {"https://" + fp + "@h", "begins with smp://, not"},
      {"xftp://" + fp + "@h", "file"},
      {"https://simplex.chat/contact#/?v=2-7&smp=smp%3A%2F%2F", "link to a person"},
      {"simplex:/contact#/?v=2-7", "link to a person"},
      {address("@h/KXgFz#/?v=1-4&dh=MCowBQYDK2VuAyEA&q=c"), "link to a queue"},
      {address("@h:5223/KXgFz#/?v=1-4"), "link to a queue"},
      {address("@h/"), "remove the last character"},
      {" " + address("@h"), "white space before or after"},
      {address("@h\n"), "white space before or after"},
      {address("@h extra"), "white space inside"},
      {"smp://", "no '@'"},
      {"smp://h", "no '@'"},
      {"smp://@h", "no fingerprint"},
      {address("@"), "no host"},
      {address("@a,,b"), "empty host"},
      {address("@h:5223,443"), "two ports"},
      {address("@a:5223,b"), "after the last host"},
      {address("@h:port"), "not a number"},
      {address("@h:"), "no port"},
      {address("@h:70000"), "between 1 and 65535"},
      {"smp://" + fp.substr(0, 42) + "@h", "42 characters instead of 43"},
      {"smp://A" + fp + "@h", "44 characters instead of 43"},
      {"smp://LcJUMfVhwD8yxjAiSaDzzGF3+kLG4Uh0Fl/ZIjrRwjI=@h", "'-' for '+'"},
      {"smp://not*base64@h", "base64url does not have"},
      {"smp://LcJUMfVhwD8yxjAiSaDzzGF3-kLG4Uh0Fl_ZIjrRwjJ=@h", "damaged"},
      {address(":@h"), "password is empty"},
      {address(":a@b@h"), "more than one '@'"},
      {address("@b\xc3\xbc.example"), "xn--"},
      {address("@abc.onion"), "56 characters"},
  };
  for (const auto& slip : slips) {
    EXPECT_NE(message(slip.text).find(slip.remedy), std::string::npos) << slip.text << "\n  " << message(slip.text);
  }
}

TEST(Address, NoMessageHoldsThePassword) {
  const std::string secret = "Zq7hunter2";
  for (const auto& rest :
       {":" + secret + " x@h", ":" + secret + ":x@h", ":" + secret + "/x@h", ":" + secret + "@h:port",
        ":" + secret + "@", ":" + secret + "@h/x", ":" + secret + "@x@h", ":" + secret, ":" + secret + "\xc3\xbc@h",
        ":" + secret + "@h:1,2", ":" + secret + "\x01@h", ":" + secret + std::string(300, 'x') + "@h"}) {
    const auto text = message(address(rest));
    EXPECT_NE(text, "accepted") << rest;
    EXPECT_EQ(text.find(secret), std::string::npos) << text;
  }
}

TEST(Address, Passwords) {
  for (const auto* password : {"a", "pass-word_1.!~", "#$%&'()*+,;<=>?[]^`{|}\"\\"})
    EXPECT_TRUE(check_password(password)) << password;
  EXPECT_TRUE(check_password(std::string(255, 'x')));
  EXPECT_FALSE(check_password(std::string(256, 'x')));
  for (const auto* password : {"", "a b", "a\tb", "a@b", "a:b", "a/b", "a\x7f", "\xc3\xa9", "a\n"}) {
    EXPECT_FALSE(check_password(password)) << password;
  }
  // Every password that may be configured can also be written in an address.
  for (int c = 0; c < 128; ++c) {
    const std::string password(2, static_cast<char>(c));
    EXPECT_EQ(check_password(password).ok(), parse_address(address(":" + password + "@h")).ok()) << c;
  }
}

TEST(Address, DamagedAddresses) {
  const auto whole = address(":pass@example.com,[::1]," + kOnion + ":5223");
  ASSERT_TRUE(parse_address(whole));
  test::for_each_damaged(as_bytes(whole), [](ByteView damaged) {
    if (const auto parsed = parse_address(as_text(damaged))) {
      const auto text = parsed->print(ShowPassword::yes);
      EXPECT_EQ(printed(text), text);
    }
  });
}

}  // namespace
}  // namespace sotto::smp
