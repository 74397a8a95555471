// kill -9 under load: pairs of senders and recipients work in threads of their own while the server is killed and
// started again over the same data; Ledger says what must hold. 3 rounds, 20 with SOTTO_TEST_LONG=1.
#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/smp-client/sync_client.hpp"
#include "tests/chaos/ledger.hpp"
#include "tests/chaos/seed.hpp"
#include "tests/support/server/server_process.hpp"

namespace sotto::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPairs = 4;
constexpr std::size_t kMaxQueues = 8;     // of a pair; it begins with one and makes more under load
constexpr std::size_t kMaxBatch = 6;      // SENDs in one block, or several
constexpr std::size_t kMaxBody = 16'000;  // one in ten; most are small
constexpr auto kAnswer = 60s;             // longest wait for anything that is not killed
constexpr std::string_view kQuota = "--quota=10000";

// Text "<number> <padding>", the padding made from the number, so that a message is known to be whole.
std::string body_of(Ledger::Number number, std::size_t size) {
  std::string body = std::to_string(number) + " ";
  while (body.size() < size) body += static_cast<char>('a' + (number + body.size()) % 26);
  return body;
}

// Where the server is now. Parties that lost their connection wait for its next start.
class Whereabouts {
 public:
  struct Place {
    client::ConnectOptions options;
    std::uint64_t start = 0;  // counts starts
  };
  void publish(client::ConnectOptions options) {
    const std::lock_guard lock(mutex_);
    place_.options = std::move(options);
    place_.options.timeout = kAnswer;
    ++place_.start;
    changed_.notify_all();
  }
  // The place of a later start than `known`.
  Place after(std::uint64_t known) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kAnswer, [&] { return place_.start > known; })) {
      throw std::runtime_error("the connection was lost and the server was not killed");
    }
    return place_;
  }

 private:
  std::mutex mutex_;  // guards place_
  std::condition_variable changed_;
  Place place_;
};

struct Queue {
  explicit Queue(client::QueueHandle made) : handle(std::move(made)) {}
  const client::QueueHandle handle;
  Ledger ledger;
};

// A sender and a recipient with queues between them, each in a thread with a connection.
class Pair {
 public:
  Pair(Whereabouts& whereabouts, std::atomic<std::uint64_t>& answered, std::uint64_t seed, smp::Version version)
      : whereabouts_(whereabouts),
        answered_(answered),
        seed_(seed),
        version_(version),
        recipient_([this] { guarded([this] { receive(); }); }),
        sender_([this] { guarded([this] { send(); }); }) {}
  ~Pair() {
    finish();
    join();
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  // The sender sends one last message to every queue and ends; the recipient ends when it has them all.
  void finish() { finishing_ = true; }
  void join() {
    if (sender_.joinable()) sender_.join();
    if (recipient_.joinable()) recipient_.join();
  }
  // After join():
  std::vector<std::string> faults() {
    auto all = faults_;
    for (std::size_t i = 0; i < queues_.size(); ++i) {
      queues_[i].ledger.check_complete();
      for (const auto& fault : queues_[i].ledger.faults()) all.push_back("queue " + std::to_string(i) + ": " + fault);
    }
    return all;
  }
  std::size_t queues() const { return queues_.size(); }

 private:
  template <class Work>
  void guarded(Work work) {
    try {
      work();
    } catch (const std::exception& error) {
      const std::lock_guard lock(mutex_);
      faults_.emplace_back(error.what());
      // The other one is not left waiting.
      finishing_ = done_adding_ = all_sent_ = true;
    }
  }

  // A new connection once the server was started again; false when the server was killed in between.
  bool connect(client::SyncClient& client, std::uint64_t& known_start) {
    auto place = whereabouts_.after(known_start);
    known_start = place.start;
    place.options.versions = {smp::kMinVersion, version_};
    return client.connect(place.options).ok();
  }

  std::vector<Queue*> all_queues() {
    const std::lock_guard lock(mutex_);
    std::vector<Queue*> all;
    for (auto& queue : queues_) all.push_back(&queue);
    return all;
  }

  // --- the sender

  void send() {
    Dice dice(seed_);
    client::SyncClient client;
    std::uint64_t start = 0;
    while (!connect(client, start)) {
    }
    for (;;) {
      const bool last = finishing_;
      const auto queues = all_queues();
      if (last && done_adding_) return send_last(client, start, queues);
      if (queues.empty()) {
        std::this_thread::sleep_for(1ms);  // the recipient is about to make the first
        continue;
      }
      std::vector<std::pair<Queue*, std::size_t>> batch;
      for (std::size_t i = dice.between(1, kMaxBatch); i > 0; --i) {
        batch.emplace_back(queues[dice.between(0, queues.size() - 1)],
                           dice.one_in(10) ? dice.between(0, kMaxBody) : dice.between(0, 100));
      }
      send_batch(client, batch);
      while (!client.connected() && !connect(client, start)) {
      }
    }
  }

  // Notes which were answered.
  void send_batch(client::SyncClient& client, const std::vector<std::pair<Queue*, std::size_t>>& batch) {
    std::vector<Ledger::Number> numbers;
    std::vector<std::string> bodies;
    for (const auto& [queue, size] : batch) {
      numbers.push_back(queue->ledger.next());
      bodies.push_back(body_of(numbers.back(), size));
    }
    std::vector<client::Request> requests;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      requests.push_back(batch[i].first->handle.send(as_bytes(bodies[i])));
    }
    const auto answers = client.request(requests, kAnswer);
    if (!answers) {
      if (client.connected()) throw std::runtime_error("SEND: " + answers.error().message);
      return;
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto& answer = (*answers)[i];
      if (!answer) {
        if (client.connected()) throw std::runtime_error("SEND: " + answer.error().message);
        continue;
      }
      if (!answer->is<smp::Ok>()) throw std::runtime_error("SEND: " + client::unexpected(*answer).message);
      batch[i].first->ledger.stored(numbers[i]);
      ++answered_;
    }
  }

  void send_last(client::SyncClient& client, std::uint64_t& start, const std::vector<Queue*>& queues) {
    for (auto* queue : queues) {
      const auto before = queue->ledger.stored_count();
      while (queue->ledger.stored_count() == before) {
        while (!client.connected() && !connect(client, start)) {
        }
        send_batch(client, {{queue, 0}});
      }
    }
    all_sent_ = true;
  }

  // --- the recipient

  void receive() {
    client::SyncClient client;
    std::uint64_t start = 0;
    for (;;) {
      while (!connect(client, start)) {
      }
      if (!subscribe_all(client)) continue;
      while (client.connected()) {
        if (finishing_) done_adding_ = true;
        if (!done_adding_ && received_ >= next_queue_at_ && queues_.size() < kMaxQueues) add_queue(client);
        if (!receive_one(client)) return;
      }
    }
  }

  // A queue whose NEW was answered exists from then on; one that was not answered is forgotten.
  void add_queue(client::SyncClient& client) {
    next_queue_at_ = received_ + 20 * queues_.size();
    const bool authenticators = version_ >= smp::kVersionAuthenticators && queues_.size() % 2 == 1;
    auto handle =
        client.create_queue({.key_kind = authenticators ? crypto::KeyKind::x25519 : crypto::KeyKind::ed25519}, kAnswer);
    if (!handle) {
      if (client.connected()) throw std::runtime_error("NEW: " + handle.error().message);
      return;
    }
    // Every other one is secured, when the server lives long enough to say so.
    if (queues_.size() % 2 == 1 && !client.secure_as_recipient(*handle, kAnswer)) {
      if (client.connected()) throw std::runtime_error("KEY was refused");
      return;  // whether it is secured is not known: nobody will use it
    }
    const std::lock_guard lock(mutex_);
    auto& queue = queues_.emplace_back(*std::move(handle));
    by_id_[queue.handle.recipient_id] = &queue;
  }

  bool subscribe_all(client::SyncClient& client) {
    std::vector<client::Request> requests;
    for (const auto& queue : queues_) requests.push_back(queue.handle.sub());
    if (requests.empty()) return true;
    const auto answers = client.request(requests, kAnswer);
    if (!answers) {
      if (client.connected()) throw std::runtime_error("SUB: " + answers.error().message);
      return false;
    }
    for (const auto& answer : *answers) {
      if (!answer) return false;
      if (!answer->is<smp::Sok>() && !answer->is<smp::Ok>()) {
        throw std::runtime_error("SUB: " + client::unexpected(*answer).message);
      }
    }
    return true;
  }

  // False: all there will ever be was received.
  bool receive_one(client::SyncClient& client) {
    if (all_sent_ && std::all_of(queues_.begin(), queues_.end(),
                                 [](const Queue& queue) { return queue.ledger.all_stored_acknowledged(); })) {
      return false;
    }
    // Short: while nothing comes, the end is looked for.
    const auto event = client.wait_event(20ms);
    if (!event) return true;
    const auto* msg = event->get<smp::Msg>();
    if (msg == nullptr) throw std::runtime_error("an event that is no MSG: " + std::string(as_text(event->text)));
    auto& queue = *by_id_.at(*RecipientId::from(event->entity_id));
    const auto message = queue.handle.open(*msg);
    if (!message) throw std::runtime_error("a message does not open: " + message.error().message);
    const auto text = message->text();
    const auto number = std::stoull(std::string(text));
    if (text != body_of(number, text.size())) throw std::runtime_error("a message was changed");
    ++received_;
    queue.ledger.delivered(number);
    queue.ledger.acknowledging(number);
    const auto status = client.ack(queue.handle, *message, kAnswer);
    if (status) {
      queue.ledger.acknowledged(number);
    } else if (client.connected()) {
      throw std::runtime_error("ACK: " + status.error().message);
    }
    return true;
  }

  Whereabouts& whereabouts_;
  std::atomic<std::uint64_t>& answered_;
  const std::uint64_t seed_;
  const smp::Version version_;

  std::mutex mutex_;  // guards faults_, and growing queues_
  std::vector<std::string> faults_;
  std::deque<Queue> queues_;  // grows in the recipient's thread
  std::map<RecipientId, Queue*> by_id_;
  std::uint64_t received_ = 0;
  std::uint64_t next_queue_at_ = 0;
  std::atomic<bool> finishing_{false};
  std::atomic<bool> done_adding_{false};
  std::atomic<bool> all_sent_{false};

  std::thread recipient_;
  std::thread sender_;
};

TEST(Kill, NothingThatWasAnsweredIsLostAndNothingComesTwice) {
  const auto seed = announced_seed();
  Dice dice(seed);
  const std::size_t rounds = long_run() ? 20 : 3;
  ServerProcess server({std::string(kQuota)});
  Whereabouts whereabouts;
  std::atomic<std::uint64_t> answered{0};
  whereabouts.publish(server.options());

  constexpr std::array<smp::Version, kPairs> kVersions{20, 18, 9, 6};
  std::deque<Pair> pairs;
  for (std::size_t i = 0; i < kPairs; ++i) pairs.emplace_back(whereabouts, answered, seed + i + 1, kVersions[i]);

  for (std::size_t round = 0; round < rounds; ++round) {
    // After so many more answers, wherever everybody else is then.
    const auto target = answered + dice.between(1, 600);
    const auto deadline = std::chrono::steady_clock::now() + kAnswer;
    while (answered < target) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "no progress in round " << round;
      std::this_thread::sleep_for(std::chrono::microseconds(dice.between(1, 2000)));  // polls; chance is meant here
    }
    server.kill();
    server.start();
    whereabouts.publish(server.options());
  }
  for (auto& pair : pairs) pair.finish();
  std::size_t queues = 0;
  for (auto& pair : pairs) {
    pair.join();
    EXPECT_THAT(pair.faults(), testing::IsEmpty());
    queues += pair.queues();
  }
  EXPECT_GT(queues, kPairs);
  std::cout << rounds << " rounds, " << queues << " queues, " << answered << " messages answered\n";
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
}

}  // namespace
}  // namespace sotto::test
