// Error: what went wrong, as a value, and the one table that says what each kind means to the outside: the SMP error
// on the wire, the gRPC status code between services, the exit code of a program. Tested row by row in error_test.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sotto {

enum class ErrorCode : std::uint8_t {
  invalid_argument,   // bytes or a value that do not parse or are out of range
  configuration,      // a setting, a file or an environment that cannot work
  unauthenticated,    // no or wrong credentials; on the wire never told apart from not_found
  permission_denied,  // known, but not allowed to do this
  not_found,          // no such queue, file, key …
  conflict,           // exists already, or changed since it was read
  exhausted,          // a quota or a limit is reached; the same request may succeed later
  connection_failed,  // cannot reach the other side, or the connection ended
  timeout,            // no answer within the deadline
  protocol,           // the other side broke the protocol
  unavailable,        // a store or a service cannot answer now; nothing was changed
  check_failed,       // a test ran and its answer is no
  internal,           // our own bug
};

struct Error {
  ErrorCode code = ErrorCode::internal;
  // For people: what, and where it can be said the remedy. Never an id, an address of a client, a key or a password.
  std::string message;
};

// One row of the table. `smp` is the text after "ERR " on the wire; `grpc` the numeric grpc::StatusCode; `exit_code`
// what a command-line program ends with (docs/cli.md).
struct ErrorRow {
  ErrorCode code;
  std::string_view name;
  std::string_view smp;
  int grpc;
  int exit_code;
};

std::span<const ErrorRow> error_table();
const ErrorRow& error_row(ErrorCode code);

}  // namespace sotto
