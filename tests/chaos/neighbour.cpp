#include "tests/chaos/neighbour.hpp"

#include <stdexcept>

#include "libs/smp-client/sync_client.hpp"

namespace sotto::test {
namespace {

using namespace std::chrono_literals;

// How late an answer may be on a machine that is busy with the attack itself.
constexpr auto kPatience = 60s;

void check(const char* what, const Status& status) {
  if (!status) throw std::runtime_error(std::string(what) + ": " + status.error().message);
}

}  // namespace

Neighbour::Neighbour(client::ConnectOptions options)
    : options_([&] {
        options.timeout = kPatience;
        return options;
      }()),
      thread_([this] { run(); }) {}

Neighbour::~Neighbour() {
  stop_ = true;
  thread_.join();
}

void Neighbour::run() {
  try {
    live();
  } catch (const std::exception& error) {
    const std::lock_guard lock(mutex_);
    fault_ = error.what();
  }
}

void Neighbour::live() {
  client::SyncClient sender;
  client::SyncClient recipient;
  check("connect", sender.connect(options_));
  check("connect", recipient.connect(options_));
  auto queue = recipient.create_queue({.key_kind = crypto::KeyKind::x25519}, kPatience);
  if (!queue) throw std::runtime_error("NEW: " + queue.error().message);
  check("SKEY", sender.secure_as_sender(*queue, kPatience));
  for (std::uint64_t number = 1; !stop_; ++number) {
    const auto text = std::to_string(number);
    check("SEND", sender.send(*queue, text, "F", kPatience));
    const auto message = recipient.next_message(*queue, kPatience);
    if (!message) throw std::runtime_error("MSG: " + message.error().message);
    if (message->text() != text) throw std::runtime_error("another message than was sent");
    check("ACK", recipient.ack(*queue, *message, kPatience));
    check("PING", sender.ping(kPatience));
    ++rounds_;
  }
}

bool Neighbour::works() {
  // The round that is under way may have begun before: the one after it counts.
  const auto wanted = rounds_ + 2;
  const auto deadline = std::chrono::steady_clock::now() + 2 * kPatience;
  while (rounds_ < wanted) {
    if (!fault().empty() || std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);  // polls a counter
  }
  return true;
}

std::string Neighbour::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

}  // namespace sotto::test
