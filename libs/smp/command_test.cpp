#include "libs/smp/command.hpp"

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "libs/smp/encoding.hpp"

namespace sotto::smp {
namespace {

class Commands : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }

  static std::optional<CommandError> refused(std::string_view text, Version version = kMaxVersion) {
    const auto parsed = parse_command(as_bytes(text), version);
    const auto* error = std::get_if<CommandError>(&parsed);
    return error == nullptr ? std::nullopt : std::optional(*error);
  }
  static std::string key_text(crypto::KeyKind kind) {
    Bytes out;
    Writer(out).key(crypto::PrivateKey::generate(kind).public_key());
    return std::string(as_text(out));
  }
  const std::string signing = key_text(crypto::KeyKind::ed25519);
  const std::string dh = key_text(crypto::KeyKind::x25519);
};

TEST_F(Commands, UnknownWords) {
  for (const auto* text : {"", " ", "SUB=", "sub", "SUBX", "SU", "NOP", "MSG", "OK", "\0", "SUB\n", " SUB"}) {
    EXPECT_EQ(refused(text), CommandError::unknown) << text;
  }
  EXPECT_EQ(refused(std::string_view("SUB\0", 4)), CommandError::unknown);
}

TEST_F(Commands, WordsAreKnownInEveryVersion) {
  EXPECT_EQ(refused("SKEY", 6), CommandError::syntax);
  EXPECT_EQ(refused("PING", 6), std::nullopt);
  EXPECT_EQ(refused("SUBS", 6), std::nullopt);
  EXPECT_EQ(refused("RSLV name.simplex", 6), std::nullopt);
}

TEST_F(Commands, ParametersThatAreNotThere) {
  for (const auto* text :
       {"KEY",  "KEY ", "NEW",  "NEW ",  "SEND", "SEND ", "ACK",  "ACK ", "RKEY",  "LSET", "LSET ", "NKEY ",
        "SKEY", "LKEY", "PRXY", "PRXY ", "PFWD", "PFWD ", "RFWD", "RSLV", "RSLV ", "SUBS", "NSUBS"}) {
    EXPECT_EQ(refused(text), CommandError::syntax) << text;
  }
}

TEST_F(Commands, ASpaceAfterACommandWithoutParametersIsASyntaxError) {
  for (const auto* word : {"SUB", "LDEL", "NDEL", "GET", "OFF", "DEL", "QUE", "PING", "LGET", "NSUB"}) {
    EXPECT_EQ(refused(word), std::nullopt) << word;
    EXPECT_EQ(refused(std::string(word) + " "), CommandError::syntax) << word;
  }
  EXPECT_EQ(refused("SUBS ", 18), CommandError::syntax);
}

TEST_F(Commands, FlagsOfSend) {
  const auto send = [](std::string_view text) {
    return std::get<Send>(std::get<Command>(parse_command(as_bytes(text), 19)));
  };
  EXPECT_TRUE(send("SEND T body").notify());
  EXPECT_FALSE(send("SEND F body").notify());
  EXPECT_EQ(as_text(send("SEND Txyz9 body").flags), "Txyz9") << "further characters are reserved";
  EXPECT_TRUE(send("SEND Txyz9 body").notify());
  EXPECT_EQ(as_text(send("SEND T ").body), "");
  EXPECT_EQ(as_text(send("SEND F  body with  spaces ").body), " body with  spaces ");
  for (const auto* text : {"SEND T", "SEND  body", "SEND X body", "SEND t body", "SEND", "SEND "}) {
    EXPECT_EQ(refused(text), CommandError::syntax) << text;
  }
}

TEST_F(Commands, MessageIdOfAckHasAnyLength) {
  EXPECT_EQ(refused(std::string_view("ACK \0", 5)), std::nullopt);
  EXPECT_EQ(refused("ACK \x03"
                    "abc"),
            std::nullopt);
  EXPECT_EQ(refused("ACK \x03"
                    "ab"),
            CommandError::syntax);
}

TEST_F(Commands, KeysWhereTheyBelong) {
  EXPECT_EQ(refused("KEY " + dh), std::nullopt);
  EXPECT_EQ(refused("KEY " + signing), std::nullopt);
  EXPECT_EQ(refused("NKEY " + signing + dh), std::nullopt);
  EXPECT_EQ(refused("NKEY " + dh + signing), CommandError::syntax) << "the second is for DH";
  EXPECT_EQ(refused("NEW " + signing + signing + "0S00"), CommandError::syntax);
  EXPECT_EQ(refused(std::string("PFWD \0\x11", 7) + signing + "x"), CommandError::syntax);
}

TEST_F(Commands, KeysOfRkey) {
  EXPECT_EQ(refused(std::string("RKEY \0", 6)), CommandError::syntax) << "one at least";
  EXPECT_EQ(refused("RKEY \x01" + dh), std::nullopt);
  EXPECT_EQ(refused("RKEY \x02" + dh), CommandError::syntax);
  EXPECT_EQ(refused("RKEY \x01" + dh + dh), CommandError::syntax);
}

TEST_F(Commands, NewOfEveryVersion) {
  const std::string keys = "NEW " + signing + dh;
  const struct {
    Version version;
    std::string rest;
    bool accepted;
  } cases[] = {
      {6, "S", true},
      {8, "C", true},
      {8, "A\x02pwS", true},
      {8, "A\x02pw", false},
      {8, "0S", false},
      {8, "ST", false},
      {8, "X", false},
      {8, "A\x02p@S", false},
      {9, "0ST", true},
      {14, "1\x02pwCF", true},
      {9, "0S", false},
      {14, "0S0", false},
      {14, "0SX", false},
      {15, "0S0", true},
      {15, "0S1M0", true},
      {16, "0S1C0", true},
      {16, "0S1X0", false},
      {16, "0ST", false},
      {17, "0S1M0", false},
      {17, "0S1M00", true},
      {17, "0S00", true},
      {20, "0S01" + dh, false},
      {20, "0S01" + dh + dh, true},
      {20, "0S01" + signing + dh, true},
      {20, "0S01" + dh + signing, false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(refused(keys + c.rest, c.version), c.accepted ? std::nullopt : std::optional(CommandError::syntax))
        << "v" << c.version << " " << c.rest.substr(0, 12);
  }
}

TEST_F(Commands, NewOfOldVersionsWithoutPassword) {
  const auto parsed = parse_command(as_bytes("NEW " + signing + dh + "S"), 8);
  EXPECT_FALSE(std::get<New>(std::get<Command>(parsed)).password);
}

TEST_F(Commands, HashOfServiceSubscriptionsHas16Bytes) {
  const std::string count(8, '\0');
  EXPECT_EQ(refused("SUBS " + count + "\x10" + std::string(16, 'h')), std::nullopt);
  EXPECT_EQ(refused("SUBS " + count + "\x0f" + std::string(15, 'h')), CommandError::syntax);
  EXPECT_EQ(refused("NSUBS " + count), CommandError::syntax);
  EXPECT_EQ(refused("NSUBS " + count + "\x10" + std::string(16, 'h'), 18), CommandError::syntax);
}

TEST_F(Commands, ServerOfPrxy) {
  const std::string fingerprint = "\x20" + std::string(32, 'f');
  const std::string host =
      "\x01\x07"
      "a.b.com";
  EXPECT_EQ(refused("PRXY " + host +
                    "\x04"
                    "5223" +
                    fingerprint + "0"),
            std::nullopt);
  EXPECT_EQ(refused("PRXY " + host + std::string(1, '\0') + fingerprint + "0"), std::nullopt) << "default port";
  EXPECT_EQ(refused("PRXY " + std::string(1, '\0') +
                    "\x04"
                    "5223" +
                    fingerprint + "0"),
            CommandError::syntax)
      << "no host";
  EXPECT_EQ(refused("PRXY \x01\x03"
                    "a b\x04"
                    "5223" +
                    fingerprint + "0"),
            CommandError::syntax);
  EXPECT_EQ(refused("PRXY " + host +
                    "\x04"
                    "52x3" +
                    fingerprint + "0"),
            CommandError::syntax);
  EXPECT_EQ(refused("PRXY " + host +
                    "\x04"
                    "5223\x03"
                    "abc0"),
            CommandError::syntax)
      << "short fingerprint";
  EXPECT_EQ(refused("PRXY " + host +
                    "\x04"
                    "5223" +
                    fingerprint +
                    "1\x03"
                    "a:b"),
            CommandError::syntax);
  EXPECT_EQ(refused("PRXY " + host +
                    "\x04"
                    "5223" +
                    fingerprint),
            CommandError::syntax);
}

TEST_F(Commands, NamesOfRslv) {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  for (const auto& name :
       {std::string("a.simplex"), std::string("a-b.c.testing"), std::string("Example.COM"), longest}) {
    EXPECT_EQ(refused("RSLV " + name), std::nullopt) << name;
  }
  for (const auto& name : {std::string("simplex"), std::string(".simplex"), std::string("a..b"), std::string("a."),
                           std::string("a.-b"), std::string("a-.b"), std::string("a--b.c"), std::string("a_b.c"),
                           std::string("\xc3\xa9.c"), label + "a.c", longest + "b", std::string(" a.b")}) {
    EXPECT_EQ(refused("RSLV " + name), CommandError::syntax) << name;
  }
  const auto parsed = parse_command(as_bytes("RSLV a.simplex reserved"), 20);
  EXPECT_EQ(as_text(std::get<Rslv>(std::get<Command>(parsed)).name), "a.simplex");
}

// One of each command, in the order of the variant.
std::vector<Command> one_of_each() {
  const auto key = crypto::PrivateKey::generate(crypto::KeyKind::x25519).public_key();
  return {New{key, key, {}, true, {}, {}},
          Sub{},
          Subs{},
          Key{key},
          Rkey{{key}},
          Lset{},
          Ldel{},
          Nkey{key, key},
          Ndel{},
          Get{},
          Ack{},
          Off{},
          Del{},
          Que{},
          Skey{key},
          Send{},
          Ping{},
          Lkey{key},
          Lget{},
          Nsub{},
          Nsubs{},
          Prxy{},
          Pfwd{1, key, {}},
          Rfwd{},
          Rslv{}};
}

TEST_F(Commands, CredentialsRowByRow) {
  using E = CommandError;
  struct Row {
    std::string_view word;
    // Without both; with an id only; with authorization only; with both.
    std::optional<E> neither, entity, authorization, both;
  };
  constexpr auto kOk = std::nullopt;
  const Row rows[] = {
      {"NEW", E::no_auth, E::no_auth, kOk, E::has_auth},      {"SUB", E::no_auth, E::no_auth, E::no_auth, kOk},
      {"SUBS", E::no_auth, E::no_auth, E::no_auth, kOk},      {"KEY", E::no_auth, E::no_auth, E::no_auth, kOk},
      {"RKEY", E::no_auth, E::no_auth, E::no_auth, kOk},      {"LSET", E::no_auth, E::no_auth, E::no_auth, kOk},
      {"LDEL", E::no_auth, E::no_auth, E::no_auth, kOk},      {"NKEY", E::no_auth, E::no_auth, E::no_auth, kOk},
      {"NDEL", E::no_auth, E::no_auth, E::no_auth, kOk},      {"GET", E::no_auth, E::no_auth, E::no_auth, kOk},
      {"ACK", E::no_auth, E::no_auth, E::no_auth, kOk},       {"OFF", E::no_auth, E::no_auth, E::no_auth, kOk},
      {"DEL", E::no_auth, E::no_auth, E::no_auth, kOk},       {"QUE", E::no_auth, E::no_auth, E::no_auth, kOk},
      {"SKEY", E::no_auth, E::no_auth, E::no_auth, kOk},      {"SEND", E::no_entity, kOk, E::no_entity, kOk},
      {"PING", kOk, E::has_auth, E::has_auth, E::has_auth},   {"LKEY", E::no_auth, E::no_auth, E::no_auth, kOk},
      {"LGET", E::no_entity, kOk, E::no_entity, E::has_auth}, {"NSUB", E::no_auth, E::no_auth, E::no_auth, kOk},
      {"NSUBS", E::no_auth, E::no_auth, E::no_auth, kOk},     {"PRXY", kOk, E::has_auth, E::has_auth, E::has_auth},
      {"PFWD", E::no_entity, kOk, E::no_entity, E::has_auth}, {"RFWD", kOk, E::has_auth, E::has_auth, E::has_auth},
      {"RSLV", kOk, E::has_auth, E::has_auth, E::has_auth},
  };
  const auto commands = one_of_each();
  ASSERT_EQ(commands.size(), std::size(rows));
  for (std::size_t i = 0; i < commands.size(); ++i) {
    ASSERT_EQ(word(commands[i]), rows[i].word);
    EXPECT_EQ(check_credentials(commands[i], false, false), rows[i].neither) << rows[i].word;
    EXPECT_EQ(check_credentials(commands[i], false, true), rows[i].entity) << rows[i].word;
    EXPECT_EQ(check_credentials(commands[i], true, false), rows[i].authorization) << rows[i].word;
    EXPECT_EQ(check_credentials(commands[i], true, true), rows[i].both) << rows[i].word;
  }
}

TEST_F(Commands, Parties) {
  const auto key = crypto::PrivateKey::generate(crypto::KeyKind::x25519).public_key();
  EXPECT_EQ(party(New{key, key, {}, true, {}, {}}), Party::creator);
  EXPECT_EQ(party(Sub{}), Party::recipient);
  EXPECT_EQ(party(Subs{}), Party::recipient_service);
  EXPECT_EQ(party(Send{}), Party::sender);
  EXPECT_EQ(party(Skey{key}), Party::sender);
  EXPECT_EQ(party(Lkey{key}), Party::link);
  EXPECT_EQ(party(Lget{}), Party::link);
  EXPECT_EQ(party(Nsub{}), Party::notifier);
  EXPECT_EQ(party(Nsubs{}), Party::notifier_service);
  EXPECT_EQ(party(Prxy{}), Party::proxy);
  EXPECT_EQ(party(Rfwd{}), Party::proxy);
  EXPECT_EQ(party(Ping{}), Party::none);
  EXPECT_EQ(party(Rslv{}), Party::none);
}

}  // namespace
}  // namespace sotto::smp
