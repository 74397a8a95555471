// Received: a response or an event as it came, with the block that holds its bytes. A value; copies share the block.
#pragma once

#include <memory>

#include "libs/base/bytes.hpp"
#include "libs/base/result.hpp"
#include "libs/smp/response.hpp"

namespace sotto::client {

struct Received {
  std::shared_ptr<const void> memory;  // what all views below view
  ByteView corr_id;                    // empty for events
  ByteView entity_id;
  ByteView text;  // the response as it stood in the transmission
  smp::Response response;

  template <class T>
  [[nodiscard]] bool is() const {
    return std::holds_alternative<T>(response);
  }
  // Null when it is another response.
  template <class T>
  [[nodiscard]] const T* get() const {
    return std::get_if<T>(&response);
  }
  // The server's ERR, null when it is not one.
  [[nodiscard]] const smp::ProtocolError* error() const;
};

// An ERR of the server as an Error: its code, and as message what stood on the wire, for example "AUTH".
Error to_error(const smp::ProtocolError& error);
// What came was not what was expected: the server's ERR, or a protocol error that names the word.
Error unexpected(const Received& received);

}  // namespace sotto::client
