// Server: a gRPC server as all our services have it: mutual TLS or plaintext on this machine, keep-alive that
// finds dead connections, the standard health service (grpc.health.v1), and a stop in steps. Owned by the program; the
// services must outlive it. start() and shutdown() from one thread; set_serving() from any.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/rpc/tls_files.hpp"

namespace grpc {
class Server;
class Service;
}  // namespace grpc

namespace sotto::rpc {

// Whether clients show a certificate, which one of TlsFiles::authorities must have issued.
enum class ClientCertificates : std::uint8_t {
  required,  // who has none is not spoken to
  optional,  // who has none says by other means who he is: the services ask for it
  none,      // nobody is asked for one; the authorities are not needed
};

struct ServerSettings {
  // "127.0.0.1:7001", "[::1]:7001", "0.0.0.0:7001", "unix:/run/sotto/queue.sock"; port 0: a free one.
  std::vector<std::string> listen;
  // Absent: plaintext, which only loopback addresses and Unix sockets may have, unless `plaintext_anywhere`.
  std::optional<TlsFiles> tls = std::nullopt;
  ClientCertificates clients = ClientCertificates::required;
  bool plaintext_anywhere = false;  // the network encrypts by itself, or is a test
  // A connection that is silent for this long is asked for a sign of life, and closed when none comes in time.
  std::chrono::milliseconds keepalive_time = std::chrono::seconds(10);
  std::chrono::milliseconds keepalive_timeout = std::chrono::seconds(5);
  // Of one message; a larger one ends its stream.
  std::size_t max_message_bytes = std::size_t{64} << 20;
};

class Server {
 public:
  // Listens and serves. configuration: an address that cannot be had, a TLS file that cannot be read. No service is
  // serving for the health service until set_serving(). Precondition: at least one service.
  static Result<std::unique_ptr<Server>> start(const ServerSettings& settings,
                                               const std::vector<grpc::Service*>& services);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Shuts down without grace.
  ~Server();

  // In the order of ServerSettings::listen; 0 for a Unix socket.
  [[nodiscard]] const std::vector<int>& ports() const { return ports_; }

  // What the health service answers for `service` ("sotto.queue.v1.QueueService"); empty: for the whole server.
  void set_serving(const std::string& service, bool serving);

  // Says NOT_SERVING for everything, takes no new calls, waits for those that run, and cancels after `grace` what is
  // left. When it returns no call runs. Again: harmless.
  void shutdown(std::chrono::milliseconds grace);

 private:
  Server() = default;
  std::unique_ptr<grpc::Server> server_;
  std::vector<int> ports_;
};

}  // namespace sotto::rpc
