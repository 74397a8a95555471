// The test of a server as the apps do it (connect, create a queue, secure it, delete it), with a message sent through
// it in between and, extended, a notification from a second connection. Blocking; one thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "admin-cli/commands/diagnosis.hpp"
#include "libs/base/clock.hpp"
#include "libs/smp-client/connect_options.hpp"
#include "libs/smp/address.hpp"

namespace sotto::cli {

struct TestOptions {
  std::chrono::milliseconds connect_timeout{15'000};  // what the apps allow
  std::chrono::milliseconds answer_timeout{10'000};
  client::IpFamily family = client::IpFamily::any;
  bool extended = false;
  std::stop_token cut{};  // requested: it fails at once, wherever it is, and leaves its queue
};

enum class RowStatus : std::uint8_t {
  ok,
  failed,
  overcome,  // failed, but there was another way: the next address
};

struct TestRow {
  std::string step;   // as the apps name it: connect, createQueue …
  std::string layer;  // within the step: dns, tcp …; the step's own for commands
  RowStatus status = RowStatus::ok;
  std::chrono::milliseconds took{0};
  std::string detail;
};

// What the test failed at.
struct TestProblem {
  std::string step;
  std::string layer;
  std::string message;
  Diagnosis diagnosis;
  std::optional<crypto::Fingerprint> seen_fingerprint;
};

struct TestReport {
  std::vector<TestRow> rows;
  std::optional<TestProblem> problem;
  // When the certificate that the server showed ends; not known when the connection failed.
  std::optional<SystemTime> certificate_ends;
};

// To the port of the address, or its default. `on_row` is called as rows come about: for addresses that fail, once it
// is known whether another works.
TestReport test_server(const smp::ServerAddress& address, const TestOptions& options,
                       const std::function<void(const TestRow&)>& on_row);

}  // namespace sotto::cli
