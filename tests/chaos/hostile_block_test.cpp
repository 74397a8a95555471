// In a session: blocks that nobody can read, lists and transmissions that lie about their lengths. Each is answered by
// an error, and the session goes on; only a client that keeps sending unreadable blocks is closed.
#include "libs/smp/encoding.hpp"
#include "libs/smp/transmission.hpp"
#include "tests/chaos/hostile_test.hpp"
#include "tests/support/session/answers.hpp"

namespace sotto::test {
namespace {

using namespace std::chrono_literals;

using Answer = RawSession::Answer;

// Of v6, where blocks are not encrypted and session ids are sent, and of the newest.
class HostileBlock : public HostileTest, public testing::WithParamInterface<smp::Version> {
 protected:
  std::unique_ptr<RawSession> open() { return session(GetParam()); }
  [[nodiscard]] static bool encrypts() { return GetParam() >= smp::kVersionBlockEncryption; }

  // What nobody can decrypt, or of an impossible length.
  Bytes unreadable_block() {
    auto block = dice().bytes(smp::kBlockSize);
    block[0] |= 0x80U;
    return block;
  }

  // Sends PING and collects the answers up to its PONG: those of everything that was sent before.
  static std::vector<Answer> answers_until_pong(RawSession& session) {
    session.send({session.transmission(nullptr, "the end", {}, as_bytes("PING"))});
    std::vector<Answer> answers;
    for (;;) {
      for (auto& answer : session.read_answers()) {
        if (answer.corr_id == to_bytes(as_bytes("the end"))) return answers;
        answers.push_back(std::move(answer));
      }
    }
  }

  // The content, as one block, is answered by ERR BLOCK without ids, once, and the session goes on.
  static void expect_err_block(RawSession& session, ByteView content) {
    session.send_content(content);
    EXPECT_EQ(answers_until_pong(session), (std::vector<Answer>{{{}, {}, "ERR BLOCK"}})) << to_hex(content);
  }
};

INSTANTIATE_TEST_SUITE_P(Versions, HostileBlock, testing::Values(smp::Version{6}, smp::kMaxVersion),
                         [](const auto& version) { return "v" + std::to_string(version.param); });

TEST_P(HostileBlock, UnreadableBlocksAreAnsweredAndThenEndTheSession) {
  start();
  constexpr std::size_t kSessions = 10;
  for (std::size_t i = 0; i < kSessions; ++i) {
    const auto client = open();
    for (int block = 0; block < 3; ++block) {
      client->send_block(unreadable_block());
      if (encrypts()) client->skip_key();  // the server's chain moves on, too
      EXPECT_EQ(client->read_answers(), (std::vector<Answer>{{{}, {}, "ERR BLOCK"}}));
    }
    EXPECT_TRUE(answers_until_pong(*client).empty());
    client->send_block(unreadable_block());
    EXPECT_TRUE(client->connection().expect_closed());
  }
  expect_closed_for({"too_many_bad_blocks"}, kSessions);
}

// Only a version that encrypts blocks has keys that can be wrong.
TEST_F(HostileTest, WrongKeys) {
  start();
  const auto client = session(smp::kMaxVersion);
  client->skip_key();  // from here on one step ahead of the server
  const auto ping = client->transmission(nullptr, "1", {}, as_bytes("PING"));
  for (int block = 0; block < 3; ++block) {
    client->send({ping});
    EXPECT_EQ(client->read_answers(), (std::vector<Answer>{{{}, {}, "ERR BLOCK"}}));
  }
  client->send({ping});
  EXPECT_TRUE(client->connection().expect_closed());
  expect_closed_for({"too_many_bad_blocks"}, 1);
}

TEST_P(HostileBlock, RandomContents) {
  start();
  const auto client = open();
  constexpr std::size_t kBlocks = 300;
  for (std::size_t i = 0; i < kBlocks; ++i) {
    auto content = dice().bytes(dice().between(0, dice().one_in(2) ? 40 : smp::kMaxEncryptedContent));
    if (dice().one_in(2) && content.size() > 3) {  // a list of one, as long as it should be
      content[0] = 1;
      content[1] = static_cast<std::uint8_t>((content.size() - 3) >> 8U);
      content[2] = static_cast<std::uint8_t>(content.size() - 3);
    }
    client->send_content(content);
  }
  const auto answers = answers_until_pong(*client);
  EXPECT_EQ(answers.size(), kBlocks);
  for (const auto& answer : answers) EXPECT_TRUE(answer.text.starts_with("ERR ")) << answer.text;
}

TEST_P(HostileBlock, ListsThatLie) {
  start();
  const auto client = open();
  const auto ping = client->transmission(nullptr, "1", {}, as_bytes("PING"));
  const auto list = [&](std::uint8_t count, std::size_t pings, ByteView rest = {}) {
    Bytes content;
    smp::Writer writer(content);
    writer.u8(count);
    for (std::size_t i = 0; i < pings; ++i) writer.s16(ping);
    writer.raw(rest);
    return content;
  };
  expect_err_block(*client, {});
  expect_err_block(*client, list(0, 0));
  expect_err_block(*client, list(0, 1));
  expect_err_block(*client, list(1, 0));
  expect_err_block(*client, list(2, 1));
  expect_err_block(*client, list(255, 3));
  expect_err_block(*client, list(255, 254));
  // More than the count says.
  expect_err_block(*client, list(1, 2));
  expect_err_block(*client, list(1, 1, as_bytes("x")));
  expect_err_block(*client, list(1, 1, as_bytes("#")));
  // Lengths of transmissions beyond the block.
  for (const int length : {1, 2, 4, 255, 256, 16'383, 32'768, 65'535}) {
    Bytes content;
    smp::Writer writer(content);
    writer.u8(1);
    writer.w16(static_cast<std::uint16_t>(length));
    expect_err_block(*client, content);
    writer.raw(ping);
    if (static_cast<std::size_t>(length) != ping.size()) expect_err_block(*client, content);
  }
  EXPECT_EQ(metric("smp_unparsable_blocks_total"), 10 + 16);
}

TEST_P(HostileBlock, EmptyAndCutTransmissions) {
  start();
  const auto client = open();
  const auto whole = client->transmission_with(dice().bytes(64), "1", dice().bytes(24), as_bytes("SUB"));
  const std::size_t readable = whole.size() - 3;  // up to the command: what is left of it is an unknown word
  for (std::size_t size = 0; size < whole.size(); ++size) {
    client->send({Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))});
    const auto answers = answers_until_pong(*client);
    ASSERT_EQ(answers.size(), 1U) << size;
    EXPECT_EQ(answers.front().text, size < readable ? "ERR BLOCK" : "ERR CMD UNKNOWN") << size;
  }
}

TEST_P(HostileBlock, AuthorizationsOfSizesThatNoneHas) {
  start();
  const auto client = open();
  for (const unsigned size : {1U, 24U, 32U, 63U, 65U, 79U, 81U, 96U, 113U, 115U, 128U, 255U}) {
    client->send({client->transmission_with(dice().bytes(size), "1", dice().bytes(24), as_bytes("SUB"))});
    const auto answers = answers_until_pong(*client);
    ASSERT_EQ(answers.size(), 1U) << size;
    EXPECT_EQ(answers.front().text, "ERR BLOCK") << size;
  }
  for (const unsigned size : {64U, 80U, 114U}) {
    client->send({client->transmission_with(dice().bytes(size), "1", dice().bytes(24), as_bytes("SUB"))});
    const auto answers = answers_until_pong(*client);
    ASSERT_EQ(answers.size(), 1U) << size;
    EXPECT_EQ(answers.front().text, "ERR AUTH") << size;
  }
}

// Every command there is, with every byte outside of the signature changed to what makes lengths lie.
TEST_P(HostileBlock, LengthsThatLieInEveryCommand) {
  start();
  const auto client = open();
  const auto key = crypto::PrivateKey::generate(crypto::KeyKind::ed25519).public_key();
  const auto dh_key = crypto::PrivateKey::generate(crypto::KeyKind::x25519).public_key();
  const auto id = dice().bytes(24);
  const auto some = dice().bytes(30);
  const smp::LinkData link{some, some};
  const std::vector<smp::Command> commands{
      smp::New{key, dh_key, as_bytes("password"), true, smp::ContactRequest{smp::ContactRequest::Link{id, id, link}},
               smp::NewNotifier{key, dh_key}},
      smp::New{key, dh_key, std::nullopt, false, smp::MessagingRequest{smp::MessagingRequest::Link{id, link}},
               std::nullopt},
      smp::Sub{},
      smp::Subs{1, ByteView(some).first(16)},
      smp::Key{key},
      smp::Rkey{{key, key}},
      smp::Lset{id, link},
      smp::Ldel{},
      smp::Nkey{key, dh_key},
      smp::Ndel{},
      smp::Get{},
      smp::Ack{id},
      smp::Off{},
      smp::Del{},
      smp::Que{},
      smp::Skey{key},
      smp::Send{as_bytes("T"), some},
      smp::Ping{},
      smp::Lkey{key},
      smp::Lget{},
      smp::Nsub{},
      smp::Nsubs{1, ByteView(some).first(16)},
      smp::Prxy{{as_bytes("localhost"), as_bytes("::1")}, as_bytes("5223"), ByteView(some).first(30), std::nullopt},
      smp::Pfwd{20, dh_key, some},
      smp::Rfwd{some},
      smp::Rslv{as_bytes("name")},
  };
  constexpr std::size_t kSignature = 64;
  const auto signature = dice().bytes(kSignature);

  std::vector<Bytes> batch;
  std::size_t batch_size = 0;
  std::size_t sent = 0;
  const auto flush = [&] {
    if (batch.empty()) return;
    client->send(batch);
    std::size_t answered = 0;
    for (const auto& block : client->read_blocks(batch.size())) {
      answered += block.size();
      for (const auto& answer : block) {
        EXPECT_TRUE(answer.text.starts_with("ERR ") || answer.text == "PONG") << answer.text;
      }
    }
    ASSERT_EQ(answered, batch.size());
    sent += batch.size();
    batch.clear();
    batch_size = 0;
  };
  const auto add = [&](Bytes transmission) {
    if (batch.size() == 255 || batch_size + transmission.size() + 2 > smp::BlockPacker::kCapacity) flush();
    batch_size += transmission.size() + 2;
    batch.push_back(std::move(transmission));
  };
  for (const auto& command : commands) {
    Bytes text;
    smp::encode(command, GetParam(), text);
    for (const bool authorized : {true, false}) {
      const auto right = client->transmission_with(authorized ? ByteView(signature) : ByteView{}, "1", id, text);
      for (std::size_t at = 0; at < right.size(); ++at) {
        if (authorized && at >= 1 && at <= kSignature) continue;
        for (const int value : {0, 255, right[at] + 1, right[at] - 1}) {
          auto changed = right;
          changed[at] = static_cast<std::uint8_t>(value);
          add(std::move(changed));
        }
      }
    }
  }
  flush();
  EXPECT_TRUE(answers_until_pong(*client).empty());
  EXPECT_GT(sent, 10'000U);
  EXPECT_EQ(metric("smp_queues"), 1);  // the neighbour's
}

TEST_P(HostileBlock, BlocksThatBreakOff) {
  start({"--stall-timeout=500ms"});
  constexpr int kEach = 10;
  for (int i = 0; i < kEach; ++i) {
    const auto client = open();
    client->send_block(dice().bytes(dice().between(1, smp::kBlockSize - 1)));
    client->connection().close(i % 2 == 0);
  }
  EXPECT_TRUE(reaches(closed_metric("peer_closed"), kEach));
  std::vector<std::unique_ptr<RawSession>> silent;
  for (int i = 0; i < kEach; ++i) {
    silent.push_back(open());
    silent.back()->send_block(dice().bytes(dice().between(1, smp::kBlockSize - 1)));
  }
  EXPECT_TRUE(neighbour().works());
  for (const auto& client : silent) EXPECT_TRUE(client->connection().expect_closed());
  EXPECT_TRUE(reaches(closed_metric("slow_block"), kEach));
}

TEST_F(HostileTest, WrongSessionIds) {
  start();
  const auto client = session(6);
  const auto right = client->session_id();
  const auto ping_in = [&](ByteView session_id) {
    Bytes transmission;
    smp::encode_transmission({.authorization = {},
                              .service_signature = {},
                              .session_id = session_id,
                              .corr_id = as_bytes("1"),
                              .entity_id = {},
                              .command = as_bytes("PING"),
                              .authorized = {}},
                             6, transmission);
    client->send({transmission});
    return client->read_answers();
  };
  const auto answer = [](std::string_view text) {
    return std::vector<Answer>{{to_bytes(as_bytes("1")), {}, std::string(text)}};
  };
  EXPECT_EQ(ping_in(right), answer("PONG"));
  EXPECT_EQ(ping_in({}), answer("ERR SESSION"));
  EXPECT_EQ(ping_in(dice().bytes(32)), answer("ERR SESSION"));
  EXPECT_EQ(ping_in(dice().bytes(255)), answer("ERR SESSION"));
  EXPECT_EQ(ping_in(ByteView(right).first(31)), answer("ERR SESSION"));
  auto longer = right;
  longer.push_back(0);
  EXPECT_EQ(ping_in(longer), answer("ERR SESSION"));
  EXPECT_EQ(ping_in(right), answer("PONG"));
}

}  // namespace
}  // namespace sotto::test
