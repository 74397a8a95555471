// What the end-to-end tests share.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/smp-client/sync_client.hpp"
#include "tests/support/child/temp_dir.hpp"
#include "tests/support/server/in_process_server.hpp"
#include "tests/support/server/test_identity.hpp"
#include "tests/support/session/answers.hpp"
#include "tests/support/session/server_counters.hpp"

namespace sotto::test {

using client::NewQueue;
using client::QueueHandle;
using client::Request;
using client::SyncClient;
using crypto::KeyKind;
using crypto::PrivateKey;
using smp::QueueMode;

// The next message's text, which is then acknowledged; why there is none otherwise.
inline std::string receive(SyncClient& client, const QueueHandle& queue) {
  const auto message = client.next_message(queue);
  if (!message) return "no message: " + message.error().message;
  const auto status = client.ack(queue, *message);
  if (!status) return "no ack: " + status.error().message;
  return message->is_quota() ? "<quota>" : std::string(message->text());
}

// Of a client of the server on this port of 127.0.0.1.
inline client::ConnectOptions local_server(std::uint16_t port, const crypto::Fingerprint& fingerprint) {
  client::ConnectOptions options;
  options.hosts = {smp::Host{smp::HostKind::ipv4, "127.0.0.1"}};
  options.port = port;
  options.fingerprint = fingerprint;
  options.versions = {smp::kMinVersion, smp::kMaxVersion};
  return options;
}

inline std::unique_ptr<SyncClient> connected(const client::ConnectOptions& options) {
  auto client = std::make_unique<SyncClient>();
  if (auto status = client->connect(options); !status) throw std::runtime_error(status.error().message);
  return client;
}

}  // namespace sotto::test
