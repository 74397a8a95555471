#include "tests/support/session/answers.hpp"

namespace sotto::test {

std::string text_of(const client::Received& received) {
  if (const auto* error = received.error()) return "ERR " + smp::to_string(*error);
  return std::string(smp::word(received.response));
}

std::string ask(client::SyncClient& client, const client::Request& request) {
  const auto answer = client.request(request);
  return answer ? text_of(*answer) : "no answer: " + answer.error().message;
}

std::string ask(client::SyncClient& client, const crypto::PrivateKey* key, ByteView entity_id, smp::Command command) {
  return ask(client, client::Request{.key = key, .entity_id = entity_id, .command = std::move(command)});
}

std::string next_event(client::SyncClient& client) {
  const auto event = client.wait_event();
  return event ? text_of(*event) : "no event: " + event.error().message;
}

std::string text_of(const Status& status) {
  return status ? "OK" : status.error().message;
}

}  // namespace sotto::test
