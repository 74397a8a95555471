// What a server answered, as short texts that an assertion shows well, and results that a test cannot go on without.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "libs/smp-client/sync_client.hpp"

namespace sotto::test {

// "OK", "IDS", "ERR AUTH" …: the word, and of an error all of it.
std::string text_of(const client::Received& received);
// The answer to a request as text_of(), or why there is none.
std::string ask(client::SyncClient& client, const client::Request& request);
std::string ask(client::SyncClient& client, const crypto::PrivateKey* key, ByteView entity_id, smp::Command command);
// The next event as text_of(), or why there is none.
std::string next_event(client::SyncClient& client);
// The error of a status as it stood on the wire ("AUTH"), "OK" without one.
std::string text_of(const Status& status);

// The value; an exception, which fails the test, when there is none.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(result).value();
}

}  // namespace sotto::test
