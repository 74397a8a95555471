// SKEY for queues of which the gateway has no record yet: what it asks the queue service.
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/e2e/e2e_test.hpp"
#include "tests/e2e/gateway_over_memory.hpp"

namespace sotto::test {
namespace {

// Counts what is asked; can answer as a service of the version before, which does not know SecureBySender. Any thread.
class CountingBackend final : public backend::QueueBackend {
 public:
  explicit CountingBackend(backend::QueueBackend& target) : target_(target) {}

  void submit_all(std::vector<backend::Batch> batches) override {
    for (auto& batch : batches) {
      bool unknown = false;
      {
        const std::lock_guard lock(mutex_);
        for (const auto& operation : batch.operations) {
          const bool unseen = std::holds_alternative<backend::SecureBySender>(operation.action);
          if (std::holds_alternative<backend::Find>(operation.action)) ++finds_;
          if (unseen) ++unseen_;
          unknown = unknown || (unseen && older_);
        }
      }
      if (unknown) {
        batch.done(std::vector<backend::OperationResult>(batch.operations.size()));
      } else {
        target_.submit(std::move(batch));
      }
    }
  }
  void end_session(backend::SessionRef session) override { target_.end_session(session); }

  void be_older() {
    const std::lock_guard lock(mutex_);
    older_ = true;
  }
  // Find and SecureBySender, since it was asked last.
  std::pair<int, int> taken() {
    const std::lock_guard lock(mutex_);
    return {std::exchange(finds_, 0), std::exchange(unseen_, 0)};
  }

 private:
  backend::QueueBackend& target_;
  std::mutex mutex_;
  bool older_ = false;
  int finds_ = 0;
  int unseen_ = 0;
};

class Securing : public GatewayOverMemory<CountingBackend> {
 protected:
  QueueHandle made(QueueMode mode = QueueMode::messaging) { return must(recipient_->create_queue({.mode = mode})); }
  std::string ask(const Request& request) { return text_of(must(sender_->request(request))); }

  using Asked = std::pair<int, int>;

 private:
  std::unique_ptr<SyncClient> recipient_ = connect();
  std::unique_ptr<SyncClient> sender_ = connect();
};

TEST_F(Securing, AQueueThatIsNotKnownIsNotLookedUpFirst) {
  auto queue = made();
  static_cast<void>(backend.taken());
  EXPECT_EQ(ask(queue.skey()), "OK");
  EXPECT_EQ(backend.taken(), Asked(0, 1));
  queue.secured = true;
  EXPECT_EQ(ask(queue.skey()), "OK") << "the same key again";
  EXPECT_EQ(ask(queue.send(as_bytes("hello"))), "OK");
  EXPECT_EQ(backend.taken(), Asked(0, 0)) << "the record came with the answer";
}

TEST_F(Securing, ARefusalLeavesTheRecord) {
  const auto queue = made(QueueMode::contact);
  static_cast<void>(backend.taken());
  EXPECT_EQ(ask(queue.skey()), "ERR AUTH");
  EXPECT_EQ(backend.taken(), Asked(0, 1));
  EXPECT_EQ(ask(queue.skey()), "ERR AUTH");
  EXPECT_EQ(backend.taken(), Asked(1, 0)) << "refused by the record, after a look whether it has changed";
}

TEST_F(Securing, AWrongAuthorizationAsksNothing) {
  const auto queue = made();
  static_cast<void>(backend.taken());
  const auto other_key = PrivateKey::generate(KeyKind::x25519);
  Request request = queue.skey();
  request.key = &other_key;
  EXPECT_EQ(ask(request), "ERR AUTH");
  EXPECT_EQ(backend.taken(), Asked(0, 0));
  EXPECT_EQ(ask(queue.skey()), "OK");
}

TEST_F(Securing, AServiceOfTheVersionBeforeIsAskedInItsWay) {
  backend.be_older();
  const auto queue = made();
  static_cast<void>(backend.taken());
  EXPECT_EQ(ask(queue.skey()), "OK");
  EXPECT_EQ(backend.taken(), Asked(1, 1));
  auto other = queue;
  other.sender_key = PrivateKey::generate(KeyKind::x25519);
  EXPECT_EQ(ask(other.skey()), "ERR AUTH");
  other.sender_id.bytes[0] ^= 1U;
  EXPECT_EQ(ask(other.skey()), "ERR AUTH") << "nobody has this sender id";
}

}  // namespace
}  // namespace sotto::test
