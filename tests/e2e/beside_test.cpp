// Blocks of one connection that are under way beside each other, and those that wait. A gateway over stores in memory,
// with real connections, and between the two what keeps commands until the test lets them go.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "libs/smp/command.hpp"
#include "tests/e2e/e2e_test.hpp"
#include "tests/e2e/gateway_over_memory.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/session/raw_session.hpp"

namespace sotto::test {
namespace {

using testing::ElementsAre;

template <class Action>
bool holds(const backend::Batch& batch) {
  return !batch.operations.empty() && std::holds_alternative<Action>(batch.operations.front().action);
}

// In front of a backend: while it is closed, batches that send, acknowledge or look a record up wait. Any thread.
class GatedBackend final : public backend::QueueBackend {
 public:
  explicit GatedBackend(backend::QueueBackend& target) : target_(target) {}

  void submit_all(std::vector<backend::Batch> batches) override {
    for (auto& batch : batches) {
      {
        const std::lock_guard lock(mutex_);
        if (holds<backend::Subscribe>(batch)) ++subscribed_;
        if (closed_ && (holds<backend::Append>(batch) || holds<backend::Ack>(batch) || holds<backend::Find>(batch))) {
          held_.push_back(std::move(batch));
          changed_.notify_all();
          continue;
        }
      }
      target_.submit(std::move(batch));
    }
  }
  void end_session(backend::SessionRef session) override { target_.end_session(session); }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  // All that waits goes on, and what comes later.
  void open() {
    std::deque<backend::Batch> held;
    {
      const std::lock_guard lock(mutex_);
      closed_ = false;
      held.swap(held_);
    }
    for (auto& batch : held) target_.submit(std::move(batch));
  }
  // The first that waits goes on.
  void let_one_go() {
    std::unique_lock lock(mutex_);
    ASSERT_FALSE(held_.empty());
    auto batch = std::move(held_.front());
    held_.pop_front();
    lock.unlock();
    target_.submit(std::move(batch));
  }
  void wait_held(std::size_t count) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(30), [&] { return held_.size() >= count; }))
        << held_.size() << " of " << count;
  }
  std::size_t held() {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  std::size_t subscribed() {
    const std::lock_guard lock(mutex_);
    return subscribed_;
  }

 private:
  backend::QueueBackend& target_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  std::deque<backend::Batch> held_;
  std::size_t subscribed_ = 0;
};

std::vector<std::string> answers(RawSession& session, std::size_t count) {
  std::vector<std::string> texts;
  for (const auto& block : session.read_blocks(count)) {
    for (const auto& answer : block) {
      texts.push_back(std::string(as_text(answer.corr_id)) + (answer.corr_id.empty() ? "" : " ") + answer.text);
    }
  }
  return texts;
}

class Beside : public GatewayOverMemory<GatedBackend> {
 protected:
  Beside() : owner_(connect()) {}
  ~Beside() override { backend.open(); }

  [[nodiscard]] std::unique_ptr<RawSession> raw() const {
    auto session = std::make_unique<RawSession>(port(), fingerprint());
    session->hello(smp::kMaxVersion);
    return session;
  }
  SyncClient& owner() { return *owner_; }
  // Queues of the owner whose records the gateway knows, since a message went through each.
  std::vector<QueueHandle> known_queues(std::size_t count) {
    std::vector<QueueHandle> queues;
    for (std::size_t i = 0; i < count; ++i) {
      queues.push_back(must(owner().create_queue()));
      EXPECT_TRUE(owner().send(queues.back(), "first"));
      EXPECT_EQ(receive(owner(), queues.back()), "first");
    }
    return queues;
  }
  static Bytes send(RawSession& session, std::string_view corr_id, const QueueHandle& queue, const std::string& text) {
    return session.transmission(nullptr, corr_id, queue.sender_id.view(), as_bytes("SEND F " + text));
  }
  static Bytes by_recipient(RawSession& session, std::string_view corr_id, const QueueHandle& queue,
                            const smp::Command& command) {
    Bytes encoded;
    smp::encode(command, smp::kMaxVersion, encoded);
    return session.transmission(&queue.recipient_key, corr_id, queue.recipient_id.view(), encoded);
  }
  template <class Command>
  [[nodiscard]] std::uint64_t commands() const {
    return gateway().counters().commands[smp::Command(Command{}).index()].get();
  }
  // The gateway has read as many of these; what it can do with them by itself is done.
  template <class Command>
  void wait_read(std::uint64_t count) {
    wait_until("the gateway to read", [&] { return commands<Command>() == count; });
    // There is one I/O thread: it has turned to something else since.
    EXPECT_TRUE(owner().ping());
  }

 private:
  std::unique_ptr<SyncClient> owner_;
};

TEST_F(Beside, MessagesToSeveralQueues) {
  const auto queues = known_queues(3);
  const auto sender = raw();
  backend.close();
  for (const auto& queue : queues) sender->send({send(*sender, "1", queue, "hello")});
  backend.wait_held(3);
  backend.open();
  EXPECT_THAT(answers(*sender, 3), ElementsAre("1 OK", "1 OK", "1 OK"));
  for (const auto& queue : queues) EXPECT_EQ(receive(owner(), queue), "hello");
}

TEST_F(Beside, MessagesToOneQueueInTheirOrder) {
  const auto queue = known_queues(1).front();
  const auto sender = raw();
  backend.close();
  for (const auto* text : {"a", "b", "c"}) sender->send({send(*sender, text, queue, text)});
  backend.wait_held(3);
  backend.open();
  EXPECT_THAT(answers(*sender, 3), ElementsAre("a OK", "b OK", "c OK"));
  for (const auto* text : {"a", "b", "c"}) EXPECT_EQ(receive(owner(), queue), text);
}

TEST_F(Beside, NothingOvertakesABlockThatLooksARecordUp) {
  const auto known = known_queues(1).front();
  const auto unknown = must(owner().create_queue());
  const auto sender = raw();
  backend.close();
  const auto before = commands<smp::Send>();
  sender->send({send(*sender, "1", unknown, "x"), send(*sender, "2", known, "a")});
  backend.wait_held(1);  // the look-up, before anything of the block is done
  sender->send({send(*sender, "3", known, "b")});
  wait_read<smp::Send>(before + 3);
  EXPECT_EQ(backend.held(), 1U);
  backend.open();
  EXPECT_THAT(answers(*sender, 3), ElementsAre("1 OK", "2 OK", "3 OK"));
  for (const auto* text : {"a", "b"}) EXPECT_EQ(receive(owner(), known), text);
}

TEST_F(Beside, AcknowledgementsOfSeveralQueues) {
  const auto queues = known_queues(3);
  const auto recipient = raw();
  for (const auto& queue : queues) {
    recipient->send({by_recipient(*recipient, "sub", queue, smp::Sub{})});
    ASSERT_THAT(answers(*recipient, 1), ElementsAre("sub SOK"));
    ASSERT_TRUE(owner().send(queue, "hello"));
    ASSERT_TRUE(owner().send(queue, "again"));
    ASSERT_THAT(answers(*recipient, 1), ElementsAre("MSG"));
  }
  backend.close();
  for (const auto& queue : queues) recipient->send({by_recipient(*recipient, "ack", queue, smp::Ack{})});
  backend.wait_held(3);
  backend.open();
  EXPECT_THAT(answers(*recipient, 3), ElementsAre("ack MSG", "ack MSG", "ack MSG"));
}

TEST_F(Beside, ASecondAcknowledgementOfAQueueWaitsForTheFirst) {
  const auto queue = known_queues(1).front();
  const auto recipient = raw();
  recipient->send({by_recipient(*recipient, "sub", queue, smp::Sub{})});
  ASSERT_THAT(answers(*recipient, 1), ElementsAre("sub SOK"));
  ASSERT_TRUE(owner().send(queue, "hello"));
  ASSERT_THAT(answers(*recipient, 1), ElementsAre("MSG"));
  backend.close();
  const auto before = commands<smp::Ack>();
  recipient->send({by_recipient(*recipient, "1", queue, smp::Ack{})});
  recipient->send({by_recipient(*recipient, "2", queue, smp::Ack{})});
  wait_read<smp::Ack>(before + 2);
  EXPECT_EQ(backend.held(), 1U);
  backend.open();
  EXPECT_THAT(answers(*recipient, 2), ElementsAre("1 OK", "2 ERR NO_MSG"));
}

TEST_F(Beside, AnyOtherCommandWaitsForAllOfThemAndAllThatFollowWaitForIt) {
  const auto queues = known_queues(2);
  const auto session = raw();
  const auto subscribed = backend.subscribed();
  const auto sent = commands<smp::Send>();
  backend.close();
  session->send({send(*session, "1", queues[0], "hello")});
  session->send({by_recipient(*session, "2", queues[1], smp::Sub{})});
  session->send({send(*session, "3", queues[0], "bye")});
  wait_read<smp::Sub>(1);
  EXPECT_EQ(backend.subscribed(), subscribed);
  EXPECT_EQ(commands<smp::Send>(), sent + 1) << "what follows is not even read";
  backend.open();
  EXPECT_THAT(answers(*session, 3), ElementsAre("1 OK", "2 SOK", "3 OK"));
  EXPECT_EQ(receive(owner(), queues[0]), "hello");
  EXPECT_EQ(receive(owner(), queues[0]), "bye");
}

TEST_F(Beside, AMessageThatWasVerifiedWithAnOldRecordIsNotOvertaken) {
  const auto queue = known_queues(1).front();
  const auto sender = raw();
  backend.close();
  const auto before = commands<smp::Send>();
  sender->send({send(*sender, "1", queue, "first of two")});
  backend.wait_held(1);
  // The record changes, and the gateway knows it: the message under way will be found old.
  const auto notifier = PrivateKey::generate(KeyKind::ed25519);
  const auto box_key = PrivateKey::generate(KeyKind::x25519);
  ASSERT_EQ(ask(owner(), queue.by_recipient(smp::Nkey{notifier.public_key(), box_key.public_key()})), "NID");
  sender->send({send(*sender, "2", queue, "second")});
  wait_read<smp::Send>(before + 2);
  ASSERT_EQ(backend.held(), 1U);
  backend.let_one_go();
  backend.wait_held(1);  // the first once more
  EXPECT_TRUE(owner().ping());
  EXPECT_EQ(backend.held(), 1U);
  backend.open();
  EXPECT_THAT(answers(*sender, 2), ElementsAre("1 OK", "2 OK"));
  EXPECT_EQ(receive(owner(), queue), "first of two");
  EXPECT_EQ(receive(owner(), queue), "second");
}

TEST_F(Beside, AreSoManyAtMost) {
  constexpr std::size_t kMost = 32;
  const auto queue = known_queues(1).front();
  const auto sender = raw();
  const auto before = commands<smp::Send>();
  backend.close();
  for (std::size_t i = 0; i < kMost + 8; ++i) sender->send({send(*sender, "1", queue, std::to_string(i))});
  backend.wait_held(kMost);
  EXPECT_TRUE(owner().ping());
  EXPECT_EQ(commands<smp::Send>(), before + kMost);
  backend.open();
  EXPECT_THAT(answers(*sender, kMost + 8), testing::Each("1 OK"));
  for (std::size_t i = 0; i < kMost + 8; ++i) EXPECT_EQ(receive(owner(), queue), std::to_string(i));
}

TEST_F(Beside, LeaveTheirPlacesWhenTheClientGoes) {
  const auto queue = known_queues(1).front();
  backend.close();
  // More than there are places, if none were given back.
  for (std::size_t client = 0; client < 4; ++client) {
    auto sender = raw();
    for (int i = 0; i < 20; ++i) sender->send({send(*sender, "1", queue, "x")});
    backend.wait_held(20 * (client + 1));
    sender.reset();
    EXPECT_TRUE(owner().ping()) << client;
  }
  EXPECT_EQ(backend.held(), 80U);
}

TEST_F(Beside, AreAnsweredBeforeTheGatewayStops) {
  const auto queues = known_queues(3);
  const auto sender = raw();
  const auto before = commands<smp::Send>();
  backend.close();
  for (const auto& queue : queues) sender->send({send(*sender, "1", queue, "hello")});
  backend.wait_held(3);
  EXPECT_EQ(commands<smp::Send>(), before + 3);
  std::thread stopping([&] { stop(); });
  backend.let_one_go();
  backend.open();
  EXPECT_THAT(answers(*sender, 3), testing::Each("1 OK"));
  EXPECT_TRUE(sender->connection().expect_closed());
  stopping.join();
}

}  // namespace
}  // namespace sotto::test
