// Section 6: which commands need an authorization and an entity id, and commands that do not parse.
#include <map>

#include "tests/conformance/conformance_test.hpp"

namespace sotto::test {
namespace {

constexpr std::string_view kId = "entity id of 24 bytes ..";
static_assert(kId.size() == kIdSize);

// A command of every word, with parameters that parse in `version`.
class Commands {
 public:
  explicit Commands(smp::Version version) : version_(version) {
    const auto key = new_key().public_key();
    const auto dh_key = new_key(KeyKind::x25519).public_key();
    const auto id = as_bytes(kId);
    add(client::QueueDraft({}).request().command);
    add(smp::Sub{});
    add(smp::Subs{1, id.first(16)});
    add(smp::Key{key});
    add(smp::Rkey{{key}});
    add(smp::Lset{id, {id, id}});
    add(smp::Ldel{});
    add(smp::Nkey{key, dh_key});
    add(smp::Ndel{});
    add(smp::Get{});
    add(smp::Ack{id});
    add(smp::Off{});
    add(smp::Del{});
    add(smp::Que{});
    add(smp::Skey{key});
    add(smp::Send{as_bytes("F"), id});
    add(smp::Ping{});
    add(smp::Lkey{key});
    add(smp::Lget{});
    add(smp::Nsub{});
    add(smp::Nsubs{1, id.first(16)});
    const std::string fingerprint(32, 'f');
    add(smp::Prxy{{as_bytes("example.org")}, as_bytes("5223"), as_bytes(fingerprint), std::nullopt});
    add(smp::Pfwd{version, dh_key, id});
    add(smp::Rfwd{id});
    if (version >= smp::kVersionNames) add(smp::Rslv{as_bytes("name.example")});
  }
  [[nodiscard]] const std::map<std::string, std::string>& all() const { return texts_; }

 private:
  void add(const smp::Command& command) {
    Bytes text;
    smp::encode(command, version_, text);
    texts_.emplace(smp::word(command), as_text(text));
  }
  smp::Version version_;
  std::map<std::string, std::string> texts_;
};

class Section6Credentials : public Conformance {
 protected:
  // Sends the command with or without an authorization (of nobody's key) and an entity id (of no queue).
  std::string sent(const std::string& text, bool with_key, bool with_id) {
    const auto request = raw_request(text, with_key ? &key_ : nullptr, with_id ? as_bytes(kId) : ByteView{});
    const auto answer = must(client->request(request));
    if (answer.error() != nullptr && text.substr(0, 3) != "NEW") {
      EXPECT_TRUE(equal(answer.entity_id, request.entity_id)) << text_of(answer);
    }
    EXPECT_EQ(answer.corr_id.size(), smp::kCorrIdSize);
    return text_of(answer);
  }
  const PrivateKey key_ = new_key();
  const Commands commands_{version()};
};
INSTANTIATE_TEST_SUITE_P(Versions, Section6Credentials, all_versions(), version_name);

TEST_P(Section6Credentials, New) {
  const auto& text = commands_.all().at("NEW");
  EXPECT_EQ(sent(text, false, false), "ERR CMD NO_AUTH");
  EXPECT_EQ(sent(text, true, true), "ERR CMD HAS_AUTH");
  EXPECT_EQ(sent(text, true, false), "ERR AUTH") << "the key is not the one in the command";
}

TEST_P(Section6Credentials, Send) {
  const auto& text = commands_.all().at("SEND");
  EXPECT_EQ(sent(text, false, false), "ERR CMD NO_ENTITY");
  EXPECT_EQ(sent(text, true, false), "ERR CMD NO_ENTITY");
  EXPECT_EQ(sent(text, false, true), "ERR AUTH");
  EXPECT_EQ(sent(text, true, true), "ERR AUTH");
}

TEST_P(Section6Credentials, EntityIdOnly) {
  for (const auto* word : {"LGET", "PFWD"}) {
    const auto& text = commands_.all().at(word);
    EXPECT_EQ(sent(text, false, false), "ERR CMD NO_ENTITY") << word;
    EXPECT_EQ(sent(text, true, true), "ERR CMD HAS_AUTH") << word;
  }
  EXPECT_EQ(sent(commands_.all().at("LGET"), false, true), "ERR AUTH");
  EXPECT_EQ(sent(commands_.all().at("PFWD"), false, true), "ERR PROXY NO_SESSION");
}

TEST_P(Section6Credentials, Neither) {
  for (const auto* word : {"PING", "PRXY", "RFWD", "RSLV"}) {
    const auto found = commands_.all().find(word);
    if (found == commands_.all().end()) continue;
    EXPECT_EQ(sent(found->second, true, false), "ERR CMD HAS_AUTH") << word;
    EXPECT_EQ(sent(found->second, false, true), "ERR CMD HAS_AUTH") << word;
    EXPECT_EQ(sent(found->second, true, true), "ERR CMD HAS_AUTH") << word;
  }
  EXPECT_EQ(sent("PING", false, false), "PONG");
}

TEST_P(Section6Credentials, AllOthersNeedBoth) {
  std::size_t tried = 0;
  for (const auto& [word, text] : commands_.all()) {
    static const std::vector<std::string> kRows{"NEW", "SEND", "LGET", "PFWD", "PING", "PRXY", "RFWD", "RSLV"};
    if (std::find(kRows.begin(), kRows.end(), word) != kRows.end()) continue;
    ++tried;
    EXPECT_EQ(sent(text, false, false), "ERR CMD NO_AUTH") << word;
    EXPECT_EQ(sent(text, true, false), "ERR CMD NO_AUTH") << word;
    EXPECT_EQ(sent(text, false, true), "ERR CMD NO_AUTH") << word;
    const bool of_services = word == "SUBS" || word == "NSUBS";
    EXPECT_EQ(sent(text, true, true), of_services ? "ERR SERVICE" : "ERR AUTH") << word;
  }
  EXPECT_EQ(tried, 17U);
}

TEST_P(Section6Credentials, UnknownWords) {
  for (const auto* text : {"", " ", "SUB=", "sub", "HELLO", "SUBB", "SU", "SUB\n", "PONG", "PING\t"}) {
    EXPECT_EQ(sent(text, true, true), "ERR CMD UNKNOWN") << '"' << text << '"';
  }
}

TEST_P(Section6Credentials, ParametersThatLeaveBytesOver) {
  for (const auto& [word, text] : commands_.all()) {
    // Their last parameter is all the rest; what follows a name is reserved.
    if (word == "SEND" || word == "PFWD" || word == "RFWD" || word == "RSLV") continue;
    EXPECT_EQ(sent(text + " ", true, true), "ERR CMD SYNTAX") << word;
  }
}

TEST_P(Section6Credentials, ParametersThatAreMissing) {
  for (const auto& [word, text] : commands_.all()) {
    if (text == word) continue;  // it has none
    EXPECT_EQ(sent(word, true, true), "ERR CMD SYNTAX") << word;
    EXPECT_EQ(sent(word + "\x01", true, true), "ERR CMD UNKNOWN") << word;
  }
}

// --- the session id of version 6

TEST(Section6SessionId, AnotherOneIsSessionInVersion6) {
  InProcessServer server({"--ephemeral"});
  const auto client = server.connect(6);
  const Bytes other(32, 1);
  for (const auto id : {ByteView(other), ByteView(other).first(0), ByteView(other).first(31)}) {
    EXPECT_EQ(ask(*client, {.command = smp::Ping{}, .session_id = id}), "ERR SESSION");
  }
  EXPECT_TRUE(client->ping());
}

class Section6ImpliedSessionId : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Versions, Section6ImpliedSessionId, testing::Values<smp::Version>(7, 11, 20), version_name);

TEST_P(Section6ImpliedSessionId, IsSigned) {
  const auto queue = must(client->create_queue({.subscribe = false}));
  const Bytes other(32, 1);
  auto request = queue.sub();
  request.session_id = other;
  EXPECT_EQ(ask(*client, request), "ERR AUTH") << "signed for another session";
  EXPECT_EQ(ask(*client, queue.sub()), sok());
}

}  // namespace
}  // namespace sotto::test
