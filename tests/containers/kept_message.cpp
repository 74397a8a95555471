// sotto-kept-message: lets a message wait on a server while somebody restarts it. Reads the server's address, a line on
// standard input, creates a queue and sends a message to it, says "sent", waits for the next line, connects anew and
// says "received" when the message is there once, as it was. Exit codes: 0 all that, 1 not.
#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "libs/crypto/random.hpp"
#include "libs/smp-client/sync_client.hpp"
#include "libs/smp/address.hpp"

namespace {

using sotto::client::SyncClient;

constexpr std::string_view kBody = "kept over the restart";
constexpr std::chrono::milliseconds kSilence{500};  // after the message

std::string next_line() {
  std::string line;
  if (!std::getline(std::cin, line)) throw std::runtime_error("standard input has ended");
  return line;
}

void must(const sotto::Status& status, std::string_view what) {
  if (!status) throw std::runtime_error(fmt::format("{}: {}", what, status.error().message));
}

template <class T>
T must(sotto::Result<T> result, std::string_view what) {
  if (!result) throw std::runtime_error(fmt::format("{}: {}", what, result.error().message));
  return *std::move(result);
}

void say(std::string_view text) {
  std::cout << text << std::endl;
}

void run() {
  const auto address = must(sotto::smp::parse_address(next_line()), "the address");
  const auto options = sotto::client::options_for(address);
  SyncClient client;
  must(client.connect(options), "connecting");
  const auto queue = must(client.create_queue({.password = address.password, .subscribe = false}), "creating a queue");
  must(client.send(queue, kBody), "sending");
  client.close();
  say("sent");
  next_line();

  must(client.connect(options), "connecting again");
  must(client.subscribe(queue), "subscribing");
  const auto message = must(client.next_message(queue), "receiving");
  if (message.text() != kBody) throw std::runtime_error("another message came");
  must(client.ack(queue, message), "acknowledging");
  if (client.next_message(queue, kSilence)) throw std::runtime_error("more than one message came");
  must(client.remove(queue), "deleting the queue");
  say("received");
}

}  // namespace

int main() {
  try {
    sotto::crypto::initialise();
    run();
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "sotto-kept-message: {}\n", error.what());
    return 1;
  }
}
