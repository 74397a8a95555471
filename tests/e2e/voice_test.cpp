// A voice recording goes from sender to recipient, and is gone from the server when it was acknowledged.
#include <fstream>
#include <iterator>

#include "tests/e2e/data_directory.hpp"
#include "tests/e2e/e2e_test.hpp"

namespace sotto::test {
namespace {

Bytes recording() {
  std::ifstream in(SOTTO_VOICE_RECORDING, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The recording in bodies of the largest size; the last is filled up, as apps do it.
std::vector<std::string> as_messages(ByteView recording, std::size_t body_size) {
  std::vector<std::string> bodies;
  for (std::size_t at = 0; at < recording.size(); at += body_size) {
    bodies.emplace_back(as_text(recording.subspan(at, std::min(body_size, recording.size() - at))));
    bodies.back().resize(body_size, '#');
  }
  return bodies;
}

// Six messages under way: what is sent, and what of it the server stores.
class VoiceMessage : public testing::Test {
 protected:
  void SetUp() override {
    voice = recording();
    ASSERT_GT(voice.size(), 92'000U);
    ASSERT_LT(voice.size(), 93'000U);
    bodies = as_messages(voice, smp::max_message_size(smp::kMaxVersion));
    ASSERT_EQ(bodies.size(), 6U);
    ASSERT_TRUE(sender->secure_as_sender(queue));
  }
  void send_all() {
    std::vector<Request> requests;
    for (const auto& body : bodies) requests.push_back(queue.send(as_bytes(body), "T"));
    for (const auto& answer : must(sender->request(requests))) ASSERT_EQ(text_of(answer.value()), "OK");
  }
  [[nodiscard]] std::vector<Bytes> plain() const { return {voice}; }

  InProcessServer server;
  std::unique_ptr<SyncClient> recipient = server.connect();
  std::unique_ptr<SyncClient> sender = server.connect();
  QueueHandle queue = must(recipient->create_queue({.key_kind = KeyKind::x25519}));
  Bytes voice;
  std::vector<std::string> bodies;
};

TEST_F(VoiceMessage, ArrivesAtOnceInOrderAndByteIdentical) {
  send_all();
  Bytes heard;
  for (const auto& body : bodies) {
    const auto message = must(recipient->next_message(queue));
    ASSERT_EQ(message.text(), body);
    EXPECT_EQ(message.flags(), "T");
    append(heard, as_bytes(message.text()));
    ASSERT_TRUE(recipient->ack(queue, message));
  }
  heard.resize(voice.size());
  EXPECT_EQ(heard, voice);
}

TEST_F(VoiceMessage, IsGoneFromTheDiskAfterTheLastAck) {
  send_all();
  EXPECT_EQ(server.server().stored_messages(), bodies.size());
  EXPECT_EQ(Pieces(plain()).found_in(server.data_dir()), 0U) << "the server stores it encrypted";

  std::vector<Bytes> stored;
  auto event = must(recipient->wait_event());
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const auto* msg = event.get<smp::Msg>();
    ASSERT_NE(msg, nullptr) << text_of(event);
    ASSERT_EQ(must(queue.open(*msg)).text(), bodies[i]);
    stored.push_back(to_bytes(msg->body));
    const Pieces pieces({stored.back()});
    EXPECT_GT(pieces.found_in(server.data_dir()), pieces.size() / 2) << "this test would see it";
    event = must(recipient->request(queue.ack(*MessageId::from(msg->message_id))));
  }
  ASSERT_EQ(text_of(event), "OK");
  EXPECT_EQ(server.server().stored_messages(), 0U);

  ASSERT_TRUE(server.server().compact());
  EXPECT_EQ(Pieces(stored).found_in(server.data_dir()), 0U);
  EXPECT_EQ(Pieces(plain()).found_in(server.data_dir()), 0U);
}

TEST_F(VoiceMessage, IsGoneFromTheDiskWithItsQueue) {
  send_all();
  const auto event = must(recipient->wait_event());
  const Pieces first({to_bytes(event.get<smp::Msg>()->body)});
  EXPECT_GT(first.found_in(server.data_dir()), first.size() / 2) << "this test would see it";
  ASSERT_TRUE(recipient->remove(queue));
  ASSERT_TRUE(server.server().compact());
  EXPECT_EQ(first.found_in(server.data_dir()), 0U);
}

}  // namespace
}  // namespace sotto::test
