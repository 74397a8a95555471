// Section 9: many commands in one block: order, the same queue twice, SOKs before MSGs.
#include <set>

#include "tests/conformance/conformance_test.hpp"
#include "tests/support/session/raw_session.hpp"

namespace sotto::test {
namespace {

using testing::ElementsAre;

class Section9Batch : public Conformance {
 protected:
  Section9Batch() { session.hello(version()); }

  // Sends the commands as one block, with corrIds 0, 1, …, and returns the answers without their ids, which are
  // checked.
  std::vector<std::string> batch(const std::vector<Request>& requests) {
    std::vector<Bytes> transmissions;
    for (const auto& request : requests) {
      Bytes text;
      smp::encode(request.command, version(), text);
      transmissions.push_back(session.transmission(request.key, std::to_string(transmissions.size()), request.entity_id,
                                                   request.text ? *request.text : ByteView(text)));
    }
    session.send(transmissions);
    std::vector<std::string> texts;
    for (const auto& block : session.read_blocks(requests.size())) {
      for (const auto& answer : block) {
        EXPECT_EQ(as_text(answer.corr_id), std::to_string(texts.size()));
        texts.push_back(answer.text);
      }
    }
    return texts;
  }

  RawSession session{server};
};
INSTANTIATE_TEST_SUITE_P(Versions, Section9Batch, all_versions(), version_name);

TEST_P(Section9Batch, MixedCommandsAreAnsweredInOrder) {
  const auto one = must(client->create_queue({.subscribe = false}));
  const auto two = must(client->create_queue({.mode = QueueMode::contact, .subscribe = false}));
  const Bytes missing(kIdSize, 1);
  const Request ping{.command = smp::Ping{}};
  EXPECT_THAT(batch({ping, one.sub(), raw_request("HELLO"), two.send(as_bytes("x")),
                     Request{.key = &one.recipient_key, .entity_id = missing, .command = smp::Sub{}}, ping,
                     two.by_recipient(smp::Que{}), raw_request("SUB", nullptr, one.recipient_id.view()), two.off()}),
              ElementsAre("PONG", sok(), "ERR CMD UNKNOWN", "OK", "ERR AUTH", "PONG", "INFO", "ERR CMD NO_AUTH", "OK"));
}

TEST_P(Section9Batch, ASmallBatchIsAnsweredInOneBlock) {
  const auto queue = must(client->create_queue({.subscribe = false}));
  const auto other = must(client->create_queue({.subscribe = false}));
  session.send({session.transmission(nullptr, "1", {}, as_bytes("PING")),
                session.transmission(&queue.recipient_key, "2", queue.recipient_id.view(), as_bytes("SUB")),
                session.transmission(nullptr, "3", other.sender_id.view(), as_bytes("SEND F x"))});
  EXPECT_EQ(session.read_answers().size(), 3U);
}

TEST_P(Section9Batch, CommandsOfOneQueueSeeEachOther) {
  auto queue = must(client->create_queue({.subscribe = false}));
  const auto send = queue.send(as_bytes("before"));
  auto secured = queue;
  secured.secured = true;
  EXPECT_THAT(batch({send, queue.key(), send, secured.send(as_bytes("after")), queue.sub(), queue.get(), queue.off(),
                     secured.send(as_bytes("late"))}),
              ElementsAre("OK", "OK", "ERR AUTH", "OK", sok(), "ERR CMD PROHIBITED", "OK", "ERR AUTH"));
}

TEST_P(Section9Batch, SkeyThenAuthorizedSend) {
  if (version() < smp::kVersionSenderSecure) {
    auto queue = must(client->create_queue());
    queue.secured = true;
    EXPECT_THAT(batch({queue.skey(), queue.send(as_bytes("x"))}), ElementsAre("ERR AUTH", "ERR AUTH")) << "no mode";
    return;
  }
  for (const auto kind : {KeyKind::ed25519, KeyKind::ed448, KeyKind::x25519}) {
    auto queue = must(client->create_queue({.key_kind = kind}));
    queue.secured = true;
    EXPECT_THAT(batch({queue.skey(), queue.send(as_bytes("x"))}), ElementsAre("OK", "OK"));
  }
}

TEST_P(Section9Batch, GetThenSubIsProhibited) {
  const auto queue = must(client->create_queue({.subscribe = false}));
  EXPECT_THAT(batch({queue.get(), queue.sub()}), ElementsAre("OK", "ERR CMD PROHIBITED"));
}

TEST_P(Section9Batch, DelThenAnything) {
  const auto queue = must(client->create_queue({.subscribe = false}));
  EXPECT_THAT(batch({queue.del(), queue.sub(), queue.send(as_bytes("x")), queue.del()}),
              ElementsAre("OK", "ERR AUTH", "ERR AUTH", "ERR AUTH"));
}

TEST_P(Section9Batch, SoksBeforeMsgs) {
  constexpr std::size_t kQueues = 100;
  std::vector<client::QueueDraft> drafts;
  std::vector<Request> requests;
  for (std::size_t i = 0; i < kQueues; ++i) drafts.emplace_back(NewQueue{.subscribe = false});
  for (const auto& draft : drafts) requests.push_back(draft.request());
  std::vector<QueueHandle> queues;
  const auto created = must(client->request(requests));
  for (std::size_t i = 0; i < kQueues; ++i) queues.push_back(must(drafts[i].finish(created[i].value())));
  requests.clear();
  for (const auto& queue : queues) requests.push_back(queue.send(as_bytes("waits")));
  for (const auto& answer : must(client->request(requests))) ASSERT_EQ(text_of(answer.value()), "OK");

  std::vector<Bytes> subs;
  for (const auto& queue : queues) {
    subs.push_back(session.transmission(&queue.recipient_key, std::to_string(subs.size()), queue.recipient_id.view(),
                                        as_bytes("SUB")));
  }
  session.send(subs);
  std::vector<RawSession::Answer> answers;
  std::size_t blocks_of_soks = 0;
  for (const auto& block : session.read_blocks(2 * kQueues)) {
    if (block.front().text == sok()) ++blocks_of_soks;
    answers.insert(answers.end(), block.begin(), block.end());
  }
  ASSERT_EQ(answers.size(), 2 * kQueues);
  EXPECT_LE(blocks_of_soks, 2U) << "they share blocks";
  std::set<Bytes> delivered;
  for (std::size_t i = 0; i < kQueues; ++i) {
    EXPECT_EQ(answers[i].text, sok());
    EXPECT_EQ(as_text(answers[i].corr_id), std::to_string(i));
    EXPECT_TRUE(equal(answers[i].entity_id, queues[i].recipient_id.view()));
    const auto& event = answers[kQueues + i];
    EXPECT_EQ(event.text, "MSG");
    EXPECT_TRUE(event.corr_id.empty());
    delivered.insert(event.entity_id);
  }
  EXPECT_EQ(delivered.size(), kQueues);
}

TEST_P(Section9Batch, LargeResponsesTakeABlockEach) {
  std::vector<QueueHandle> queues;
  const std::string body(smp::max_message_size(version()), 'x');
  std::vector<Request> gets;
  for (int i = 0; i < 3; ++i) {
    queues.push_back(must(client->create_queue({.subscribe = false})));
    must(client->send(queues.back(), body));
  }
  for (const auto& queue : queues) gets.push_back(queue.get());
  EXPECT_THAT(batch(gets), ElementsAre("MSG", "MSG", "MSG"));
}

TEST_P(Section9Batch, TheSameCorrelationIdTwiceIsAnsweredTwice) {
  const auto ping = session.transmission(nullptr, "same", {}, as_bytes("PING"));
  session.send({ping, ping});
  EXPECT_EQ(session.read_answers().size(), 2U);
}

}  // namespace
}  // namespace sotto::test
