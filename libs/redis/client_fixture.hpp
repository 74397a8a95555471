// What the tests of Client share: clients that are connected, and calls that end within a generous time.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "libs/redis/client.hpp"
#include "tests/support/child/child.hpp"

namespace sotto::redis {

inline SteadyTime soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(20);
}

inline std::unique_ptr<Client> start_client(Options options, Callbacks callbacks = {}) {
  auto client = Client::start(std::move(options), std::move(callbacks));
  EXPECT_TRUE(client) << client.error().message;
  return client ? *std::move(client) : nullptr;
}

inline std::unique_ptr<Client> connect(Options options, Callbacks callbacks = {}) {
  auto client = start_client(std::move(options), std::move(callbacks));
  const auto up = client->wait_connected(soon());
  EXPECT_TRUE(up) << up.error().message;
  return client;
}

inline Result<Reply> run(Client& client, Command command, SteadyTime deadline = soon()) {
  std::vector<Command> commands;
  commands.push_back(std::move(command));
  return std::move(client.execute(std::move(commands), deadline).front());
}

// The text of the answer, or "<name of the error>".
inline std::string text(Client& client, Command command, SteadyTime deadline = soon()) {
  const auto reply = run(client, std::move(command), deadline);
  if (!reply) return "<" + std::string(error_row(reply.error().code).name) + ">";
  return reply->is_integer() ? std::to_string(reply->integer()) : std::string(reply->text());
}

}  // namespace sotto::redis
