#include "bench/load/queue_maker.hpp"

#include <algorithm>
#include <map>

#include "bench/load/wrong.hpp"

namespace sotto::bench {
namespace {

// What one connection still has to ask.
struct Share {
  std::size_t owner = 0;
  std::vector<std::size_t> items;
  std::size_t next = 0;
  std::size_t waiting = 0;  // answers of what it asked last
};

class Requests {
 public:
  Requests(ClientPool& pool, const std::function<client::Request(std::size_t)>& request,
           const std::function<void(std::size_t, const Result<client::Received>&)>& answered, Progress& progress)
      : pool_(pool), request_(request), answered_(answered), progress_(progress) {}

  void go_on(Share& share) {
    const auto first = share.next;
    const auto count = std::min(kCommandsAtOnce, share.items.size() - first);
    if (count == 0) return;
    std::vector<client::Request> requests;
    requests.reserve(count);
    for (std::size_t i = 0; i < count; ++i) requests.push_back(request_(share.items[first + i]));
    share.next += count;
    share.waiting = count;
    pool_.at(share.owner)
        ->submit(requests, [this, &share, first](std::size_t i, const Result<client::Received>& answer) {
          answered_(share.items[first + i], answer);
          progress_.add();
          if (--share.waiting == 0) go_on(share);
        });
  }

 private:
  ClientPool& pool_;
  const std::function<client::Request(std::size_t)>& request_;
  const std::function<void(std::size_t, const Result<client::Received>&)>& answered_;
  Progress& progress_;
};

}  // namespace

void request_all(ClientPool& pool, const std::string& what, const std::vector<std::size_t>& owners,
                 const std::function<client::Request(std::size_t)>& request,
                 const std::function<void(std::size_t, const Result<client::Received>&)>& answered) {
  std::map<std::size_t, Share> shares;
  for (std::size_t i = 0; i < owners.size(); ++i) {
    auto& share = shares[owners[i]];
    share.owner = owners[i];
    share.items.push_back(i);
  }
  Progress progress(what, owners.size());
  Requests requests(pool, request, answered, progress);
  for (auto& [owner, share] : shares) requests.go_on(share);
  pool.run(progress);
}

void hear_out(ClientPool& pool, const std::vector<std::size_t>& connections) {
  // What a server had to say before PONG has come when PONG has.
  request_all(
      pool, "last answers", connections, [](std::size_t /*i*/) { return client::Request{.command = smp::Ping{}}; },
      [](std::size_t /*i*/, const Result<client::Received>& answer) {
        static_cast<void>(expect<smp::Pong>(answer, "PING"));
      });
}

std::vector<client::QueueHandle> make_queues(ClientPool& pool, const std::vector<std::size_t>& owners,
                                             const client::NewQueue& queue) {
  std::vector<std::unique_ptr<client::QueueDraft>> drafts(owners.size());
  std::vector<std::optional<client::QueueHandle>> made(owners.size());
  request_all(
      pool, "new queues", owners,
      [&](std::size_t i) {
        drafts[i] = std::make_unique<client::QueueDraft>(queue);
        return drafts[i]->request();
      },
      [&](std::size_t i, const Result<client::Received>& answer) {
        static_cast<void>(expect<smp::Ids>(answer, "NEW"));
        auto handle = drafts[i]->finish(*answer);
        if (!handle) wrong("NEW: " + handle.error().message);
        made[i] = *std::move(handle);
        drafts[i].reset();
      });
  std::vector<client::QueueHandle> queues;
  queues.reserve(made.size());
  for (auto& each : made) queues.push_back(*std::move(each));
  return queues;
}

void secure_queues(ClientPool& pool, std::vector<client::QueueHandle>& queues, const std::vector<std::size_t>& senders,
                   const std::vector<std::size_t>& recipients, crypto::KeyKind kind) {
  if (queues.empty()) return;
  const bool by_sender = pool.at(senders.front())->version() >= smp::kVersionSenderSecure;
  for (auto& queue : queues) queue.sender_key = crypto::PrivateKey::generate(kind);
  request_all(
      pool, "sender's keys", by_sender ? senders : recipients,
      [&](std::size_t i) { return by_sender ? queues[i].skey() : queues[i].key(); },
      [&](std::size_t i, const Result<client::Received>& answer) {
        expect_ok(answer, by_sender ? "SKEY" : "KEY");
        queues[i].secured = true;
      });
}

}  // namespace sotto::bench
