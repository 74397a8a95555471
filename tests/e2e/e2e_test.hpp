// What the end-to-end tests share.
#pragma once

#include <memory>
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

}  // namespace sotto::test
