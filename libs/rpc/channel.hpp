// A gRPC channel as all our clients have it: TLS or plaintext, keep-alive, short pauses between attempts to connect.
// Pure functions; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "libs/base/result.hpp"
#include "libs/rpc/tls_files.hpp"

namespace grpc {
class Channel;
}  // namespace grpc

namespace sotto::rpc {

struct ChannelSettings {
  // A name of gRPC: "dns:///queue:7001", "ipv4:127.0.0.1:7001", "unix:/run/sotto/queue.sock".
  std::string target = {};
  // The name that the certificate of the other side must have. Empty: that of the target.
  std::string authority = {};
  std::optional<TlsFiles> tls = std::nullopt;  // absent: plaintext
  bool anonymous = false;                      // shows no certificate, to a server that does not require one
  std::chrono::milliseconds keepalive_time = std::chrono::seconds(10);
  std::chrono::milliseconds keepalive_timeout = std::chrono::seconds(5);
  // Between attempts to connect, growing from the first to the last; gRPC adds its own jitter.
  std::chrono::milliseconds backoff_first{100};
  std::chrono::milliseconds backoff_last{2000};
  std::size_t max_message_bytes = std::size_t{64} << 20;  // of one message
  // Whether calls on it react on gRPC's own threads. False: only on a CompletionThread, and those threads, which would
  // take turns with it at waiting for events, need not exist.
  bool callbacks = true;
};

// Connects when it is first used. configuration: a TLS file cannot be read.
Result<std::shared_ptr<grpc::Channel>> make_channel(const ChannelSettings& settings);

}  // namespace sotto::rpc
