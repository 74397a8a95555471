#include "tests/support/load/load_pair.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "tests/support/load/seed.hpp"

namespace sotto::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxBatch = 6;      // SENDs in one block, or several
constexpr std::size_t kMaxBody = 16'000;  // one in ten; most are small
constexpr auto kAnswer = 60s;             // longest wait for anything that is not killed

// Text "<number> <padding>", the padding made from the number, so that a message is known to be whole.
std::string body_of(Ledger::Number number, std::size_t size) {
  std::string body = std::to_string(number) + " ";
  while (body.size() < size) body += static_cast<char>('a' + (number + body.size()) % 26);
  return body;
}

}  // namespace

LoadPair::LoadPair(LoadOptions options, std::atomic<std::uint64_t>& answered)
    : options_(std::move(options)),
      answered_(answered),
      recipient_([this] { guarded([this] { receive(); }); }),
      sender_([this] { guarded([this] { send(); }); }) {}

LoadPair::~LoadPair() {
  finish();
  join();
}

void LoadPair::join() {
  if (sender_.joinable()) sender_.join();
  if (recipient_.joinable()) recipient_.join();
}

std::vector<std::string> LoadPair::faults() {
  auto all = faults_;
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    queues_[i].ledger.check_complete();
    for (const auto& fault : queues_[i].ledger.faults()) all.push_back("queue " + std::to_string(i) + ": " + fault);
  }
  return all;
}

template <class Work>
void LoadPair::guarded(Work work) {
  try {
    work();
  } catch (const std::exception& error) {
    const std::lock_guard lock(mutex_);
    faults_.emplace_back(error.what());
    // The other one is not left waiting.
    finishing_ = done_adding_ = all_sent_ = true;
  }
}

std::vector<LoadPair::Queue*> LoadPair::all_queues() {
  const std::lock_guard lock(mutex_);
  std::vector<Queue*> all;
  for (auto& queue : queues_) all.push_back(&queue);
  return all;
}

bool LoadPair::tolerated(const client::Received& answer) const {
  if (!options_.errors_are_fine) return false;
  const auto text = as_text(answer.text);
  return text.starts_with("ERR STORE") || text.starts_with("ERR INTERNAL");
}

// --- the sender

void LoadPair::send() {
  Dice dice(options_.seed);
  const auto connect = options_.connect_sender ? options_.connect_sender : options_.connect;
  client::SyncClient client;
  connect(client);
  for (;;) {
    const bool last = finishing_;
    const auto queues = all_queues();
    if (last && done_adding_) return send_last(client, connect, queues);
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
    if (!client.connected()) connect(client);
  }
}

// Notes which were answered.
void LoadPair::send_batch(client::SyncClient& client, const std::vector<std::pair<Queue*, std::size_t>>& batch) {
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
    if (tolerated(*answer)) continue;
    if (!answer->is<smp::Ok>()) throw std::runtime_error("SEND: " + client::unexpected(*answer).message);
    batch[i].first->ledger.stored(numbers[i]);
    ++answered_;
  }
}

void LoadPair::send_last(client::SyncClient& client, const std::function<void(client::SyncClient&)>& connect,
                         const std::vector<Queue*>& queues) {
  for (auto* queue : queues) {
    const auto before = queue->ledger.stored_count();
    while (queue->ledger.stored_count() == before) {
      if (!client.connected()) connect(client);
      send_batch(client, {{queue, 0}});
    }
  }
  all_sent_ = true;
}

// --- the recipient

void LoadPair::receive() {
  const auto connect = options_.connect;
  client::SyncClient client;
  for (;;) {
    connect(client);
    ++recipient_connections_;
    if (!subscribe_all(client)) continue;
    while (client.connected()) {
      if (finishing_) done_adding_ = true;
      if (!done_adding_ && received_ >= next_queue_at_ && queues_.size() < options_.max_queues) add_queue(client);
      if (!receive_one(client)) return;
    }
  }
}

// A queue whose NEW was answered exists from then on; one that was not answered is forgotten.
void LoadPair::add_queue(client::SyncClient& client) {
  const auto refused = [&](const char* what, const Error& error) {
    if (client.connected() && !options_.errors_are_fine) throw std::runtime_error(what + error.message);
  };
  const bool authenticators = options_.version >= smp::kVersionAuthenticators && queues_.size() % 2 == 1;
  auto handle =
      client.create_queue({.key_kind = authenticators ? crypto::KeyKind::x25519 : crypto::KeyKind::ed25519}, kAnswer);
  if (!handle) return refused("NEW: ", handle.error());
  // Every other one is secured, when the server lives long enough to say so.
  if (queues_.size() % 2 == 1) {
    const auto secured = client.secure_as_recipient(*handle, kAnswer);
    // Whether it is secured is not known: nobody will use it.
    if (!secured) return refused("KEY: ", secured.error());
  }
  next_queue_at_ = received_ + 20 * (queues_.size() + 1);
  const std::lock_guard lock(mutex_);
  auto& queue = queues_.emplace_back(*std::move(handle));
  by_id_[queue.handle.recipient_id] = &queue;
}

bool LoadPair::subscribe_all(client::SyncClient& client) {
  std::vector<client::Request> requests;
  for (const auto& queue : queues_) requests.push_back(queue.handle.sub());
  while (!requests.empty()) {
    const auto answers = client.request(requests, kAnswer);
    if (!answers) {
      if (client.connected()) throw std::runtime_error("SUB: " + answers.error().message);
      return false;
    }
    bool again = false;
    for (const auto& answer : *answers) {
      if (!answer) return false;
      if (tolerated(*answer)) {
        again = true;
      } else if (!answer->is<smp::Sok>() && !answer->is<smp::Ok>()) {
        throw std::runtime_error("SUB: " + client::unexpected(*answer).message);
      }
    }
    if (!again) break;
  }
  return true;
}

// False: all there will ever be was received.
bool LoadPair::receive_one(client::SyncClient& client) {
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
  while (client.connected()) {
    if (!acknowledge(client, queue, *message)) continue;
    queue.ledger.acknowledged(number);
    break;
  }
  return true;
}

bool LoadPair::acknowledge(client::SyncClient& client, const Queue& queue, const client::Message& message) const {
  const auto status = client.ack(queue.handle, message, kAnswer);
  if (status || !client.connected()) return status.ok();
  if (!options_.errors_are_fine) throw std::runtime_error("ACK: " + status.error().message);
  return false;
}

}  // namespace sotto::test
