// Every command of commands.json: encoded from its inputs, and decoded and encoded again, for each version given.
#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "libs/smp/command.hpp"
#include "libs/smp/values_test.hpp"

namespace sotto::smp {
namespace {

constexpr std::string_view kPassword = "secret-pass_1";

class CommandVectors : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }

  const nlohmann::json vectors = tests::load_vectors("commands.json");
  const test::Inputs in{vectors.at("inputs")};
  const Bytes fingerprint = from_base64url("LcJUMfVhwD8yxjAiSaDzzGF3-kLG4Uh0Fl_ZIjrRwjI=").value();

  [[nodiscard]] New new_command(decltype(New::request) request) const {
    return {in.key("recipient_key_ed25519"), in.key("dh_key"), std::nullopt, true, request, std::nullopt};
  }
  [[nodiscard]] Prxy prxy(std::optional<ByteView> password) const {
    return {{as_bytes("smp1.example.com"), as_bytes("abcdefgh.onion")}, as_bytes("5223"), fingerprint, password};
  }

  [[nodiscard]] std::map<std::string, Command> commands() const {
    const LinkData data{in.view("fixed"), in.view("user")};
    auto with_password = new_command(MessagingRequest{});
    with_password.password = as_bytes(kPassword);
    with_password.subscribe = false;
    auto with_notifier = new_command(MessagingRequest{});
    with_notifier.notifier = NewNotifier{in.key("key_x25519"), in.key("ntf_dh_key")};
    const auto ed25519 = in.key("recipient_key_ed25519");
    const auto x25519 = in.key("key_x25519");
    return {
        {"NEW messaging subscribe", new_command(MessagingRequest{})},
        {"NEW messaging password only-create", with_password},
        {"NEW contact subscribe", new_command(ContactRequest{})},
        {"NEW messaging link data (v15+)",
         new_command(MessagingRequest{MessagingRequest::Link{in.view("client_sender_id"), data}})},
        {"NEW contact link data (v15+)",
         new_command(ContactRequest{ContactRequest::Link{in.view("link_id"), in.view("client_sender_id"), data}})},
        {"NEW messaging ntf creds (v17+)", with_notifier},
        {"SUB", Sub{}},
        {"SUBS 3", Subs{3, in.view("ids_hash")}},
        {"KEY ed25519", Key{ed25519}},
        {"KEY ed448", Key{in.key("key_ed448")}},
        {"KEY x25519", Key{x25519}},
        {"RKEY two keys", Rkey{{ed25519, x25519}}},
        {"LSET", Lset{in.view("link_id"), data}},
        {"LDEL", Ldel{}},
        {"NKEY", Nkey{x25519, in.key("ntf_dh_key")}},
        {"NDEL", Ndel{}},
        {"GET", Get{}},
        {"ACK", Ack{in.view("msg_id")}},
        {"OFF", Off{}},
        {"DEL", Del{}},
        {"QUE", Que{}},
        {"SKEY", Skey{x25519}},
        {"SEND no notification", Send{as_bytes("F"), as_bytes("hello")}},
        {"SEND notification", Send{as_bytes("T"), as_bytes("hello")}},
        {"PING", Ping{}},
        {"LKEY", Lkey{x25519}},
        {"LGET", Lget{}},
        {"NSUB", Nsub{}},
        {"NSUBS 3", Nsubs{3, in.view("ids_hash")}},
        {"PRXY no password", prxy(std::nullopt)},
        {"PRXY password", prxy(as_bytes(kPassword))},
        {"PFWD", Pfwd{17, x25519, as_bytes("encrypted transmission")}},
        {"RFWD", Rfwd{as_bytes("encrypted forwarded")}},
    };
  }

  template <class T>
  [[nodiscard]] T decode(const Bytes& text, Version version) const {
    return std::get<T>(std::get<Command>(parse_command(text, version)));
  }
  [[nodiscard]] Bytes vector(std::string_view name, Version version) const {
    for (const auto& v : vectors.at("commands")) {
      if (v.at("command") == name) return test::encodings(v).at(version);
    }
    throw std::runtime_error("no such vector");
  }
};

TEST_F(CommandVectors, EveryCommandIsEncodedAsGivenInEveryVersion) {
  const auto all = commands();
  EXPECT_EQ(all.size(), vectors.at("commands").size());
  for (const auto& v : vectors.at("commands")) {
    const auto& command = all.at(v.at("command"));
    for (const auto& [version, expected] : test::encodings(v)) {
      Bytes out;
      encode(command, version, out);
      EXPECT_EQ(to_hex(out), to_hex(expected)) << v.at("command") << " v" << version;
    }
  }
}

TEST_F(CommandVectors, EveryCommandIsDecodedInEveryVersion) {
  const auto all = commands();
  for (const auto& v : vectors.at("commands")) {
    for (const auto& [version, text] : test::encodings(v)) {
      const auto parsed = parse_command(text, version);
      ASSERT_TRUE(std::holds_alternative<Command>(parsed)) << v.at("command") << " v" << version;
      const auto& command = std::get<Command>(parsed);
      EXPECT_EQ(command.index(), all.at(v.at("command")).index());
      Bytes again;
      encode(command, version, again);
      EXPECT_EQ(to_hex(again), to_hex(text)) << v.at("command") << " v" << version;
    }
  }
}

TEST_F(CommandVectors, FieldsOfNew) {
  const auto password_text = vector("NEW messaging password only-create", 6);
  const auto password = decode<New>(password_text, 6);
  EXPECT_EQ(password.recipient_key, in.key("recipient_key_ed25519"));
  EXPECT_EQ(password.recipient_dh_key, in.key("dh_key"));
  EXPECT_EQ(as_text(password.password.value()), kPassword);
  EXPECT_FALSE(password.subscribe);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(password.request)) << "no mode before v9";

  EXPECT_TRUE(std::holds_alternative<MessagingRequest>(decode<New>(vector("NEW messaging subscribe", 9), 9).request));
  EXPECT_TRUE(std::holds_alternative<ContactRequest>(decode<New>(vector("NEW contact subscribe", 14), 14).request));

  const auto contact_text = vector("NEW contact link data (v15+)", 19);
  const auto contact = decode<New>(contact_text, 19);
  EXPECT_TRUE(contact.subscribe);
  EXPECT_FALSE(contact.password);
  const auto& link = std::get<ContactRequest>(contact.request).link.value();
  EXPECT_TRUE(equal(link.link_id, in.view("link_id")));
  EXPECT_TRUE(equal(link.sender_id, in.view("client_sender_id")));
  EXPECT_TRUE(equal(link.data.fixed, in.view("fixed")));
  EXPECT_TRUE(equal(link.data.user, in.view("user")));

  const auto notifier = decode<New>(vector("NEW messaging ntf creds (v17+)", 17), 17).notifier.value();
  EXPECT_EQ(notifier.key, in.key("key_x25519"));
  EXPECT_EQ(notifier.dh_key, in.key("ntf_dh_key"));
}

TEST_F(CommandVectors, FieldsOfTheProxyCommands) {
  const auto text = vector("PRXY password", 19);
  const auto relay = decode<Prxy>(text, 19);
  ASSERT_EQ(relay.hosts.size(), 2U);
  EXPECT_EQ(as_text(relay.hosts[1]), "abcdefgh.onion");
  EXPECT_EQ(as_text(relay.port), "5223");
  EXPECT_TRUE(equal(relay.fingerprint, fingerprint));
  EXPECT_EQ(as_text(relay.password.value()), kPassword);

  const auto forward_text = vector("PFWD", 19);
  const auto forward = decode<Pfwd>(forward_text, 19);
  EXPECT_EQ(forward.version, 17);
  EXPECT_EQ(as_text(forward.encrypted), "encrypted transmission");
}

TEST_F(CommandVectors, FieldsOfServiceSubscriptions) {
  const auto text = vector("SUBS 3", 19);
  EXPECT_EQ(decode<Subs>(text, 19).count, 3);
  EXPECT_TRUE(equal(decode<Subs>(text, 19).ids_hash, in.view("ids_hash")));
}

TEST_F(CommandVectors, SenderIdThatAClientChooses) {
  EXPECT_TRUE(equal(client_sender_id(in.view("corr_id")), in.view("client_sender_id")));
  const auto other = tests::load_vectors("crypto.json")["client_sender_id"];
  EXPECT_EQ(to_hex(client_sender_id(tests::hex_field(other, "corr_id"))), other["sender_id"].get<std::string>());
}

// Command words and lengths stand in front, so damage there must be refused; damage inside keys and ids may give
// another valid command. Either way what is accepted encodes to the same text again.
TEST_F(CommandVectors, DamagedCommandsAreRefusedOrTakenForWhatTheySay) {
  for (const auto& v : vectors.at("commands")) {
    for (const auto& [version, text] : test::encodings(v)) {
      if (version != 6 && version != 9 && version != 15 && version != 19) continue;
      const Version in_version = version;
      test::for_each_damaged(text, [&](ByteView damaged) {
        const auto parsed = parse_command(damaged, in_version);
        if (const auto* command = std::get_if<Command>(&parsed)) {
          Bytes again;
          encode(*command, in_version, again);
          EXPECT_TRUE(equal(again, damaged)) << v.at("command");
        }
      });
    }
  }
}

TEST_F(CommandVectors, BytesOverAreASyntaxError) {
  for (const auto& v : vectors.at("commands")) {
    for (auto [version, text] : test::encodings(v)) {
      const auto word_only = std::find(text.begin(), text.end(), ' ') == text.end();
      const auto name = v.at("command").get<std::string>();
      const bool open_end = name.starts_with("SEND") || name == "PFWD" || name == "RFWD";
      append(text, as_bytes(word_only ? " x" : "x"));
      const auto parsed = parse_command(text, version);
      if (open_end) continue;
      ASSERT_TRUE(std::holds_alternative<CommandError>(parsed)) << name << " v" << version;
      EXPECT_EQ(std::get<CommandError>(parsed), CommandError::syntax) << name << " v" << version;
    }
  }
}

}  // namespace
}  // namespace sotto::smp
