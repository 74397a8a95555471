// LoadPair: a sender and a recipient with queues between them, each in a thread with a connection of its own, while a
// test kills what they talk to. Ledger says what must hold; faults() says what did not. Made and ended by one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "libs/smp-client/sync_client.hpp"
#include "tests/support/load/ledger.hpp"

namespace sotto::test {

struct LoadOptions {
  // Connects the client, which has no connection, and comes back when it has one. Throws when that takes too long. Each
  // party calls its own copy.
  std::function<void(client::SyncClient&)> connect;
  // The sender's, when it shall connect elsewhere; empty: as the recipient.
  std::function<void(client::SyncClient&)> connect_sender;
  smp::Version version = smp::kMaxVersion;
  std::uint64_t seed = 0;
  // The server may answer ERR STORE or ERR INTERNAL while a part of it is away: the command is then given again.
  bool errors_are_fine = false;
  std::size_t max_queues = 8;  // it begins with one and makes more under load
};

class LoadPair {
 public:
  // `answered`: grows with every SEND that is answered OK.
  LoadPair(LoadOptions options, std::atomic<std::uint64_t>& answered);
  ~LoadPair();
  LoadPair(const LoadPair&) = delete;
  LoadPair& operator=(const LoadPair&) = delete;

  // The sender sends one last message to every queue and ends; the recipient ends when it has them all.
  void finish() { finishing_ = true; }
  void join();
  // After join():
  std::vector<std::string> faults();
  [[nodiscard]] std::size_t queues() const { return queues_.size(); }
  // Connections that the recipient has had.
  [[nodiscard]] std::size_t recipient_connections() const { return recipient_connections_; }

 private:
  struct Queue {
    explicit Queue(client::QueueHandle made) : handle(std::move(made)) {}
    const client::QueueHandle handle;
    Ledger ledger;
  };

  template <class Work>
  void guarded(Work work);
  std::vector<Queue*> all_queues();
  // Whether the answer is one that the server may give while a part of it is away.
  [[nodiscard]] bool tolerated(const client::Received& answer) const;

  void send();
  void send_batch(client::SyncClient& client, const std::vector<std::pair<Queue*, std::size_t>>& batch);
  void send_last(client::SyncClient& client, const std::function<void(client::SyncClient&)>& connect,
                 const std::vector<Queue*>& queues);

  void receive();
  void add_queue(client::SyncClient& client);
  bool subscribe_all(client::SyncClient& client);
  bool receive_one(client::SyncClient& client);
  bool acknowledge(client::SyncClient& client, const Queue& queue, const client::Message& message) const;

  const LoadOptions options_;
  std::atomic<std::uint64_t>& answered_;

  std::mutex mutex_;  // guards faults_, and growing queues_
  std::vector<std::string> faults_;
  std::deque<Queue> queues_;  // grows in the recipient's thread
  std::map<RecipientId, Queue*> by_id_;
  std::uint64_t received_ = 0;
  std::uint64_t next_queue_at_ = 0;
  std::atomic<std::size_t> recipient_connections_{0};
  std::atomic<bool> finishing_{false};
  std::atomic<bool> done_adding_{false};
  std::atomic<bool> all_sent_{false};

  std::thread recipient_;
  std::thread sender_;
};

}  // namespace sotto::test
