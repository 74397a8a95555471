// RedisCluster: a Redis Cluster of a test's own: three masters without replicas, each with a third of the slots. One
// thread; the thread that starts it must outlive it. Takes a few seconds to start.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/redis/redis_server.hpp"

namespace sotto::test {

class RedisCluster {
 public:
  static constexpr std::size_t kNodes = 3;

  // `options` of each node; `cluster` is set. Ready when all nodes say that the cluster is.
  RedisCluster();
  explicit RedisCluster(RedisServer::Options options);

  // For Client: all nodes as servers.
  [[nodiscard]] redis::Options client_options() const;
  // "redis://127.0.0.1:port,…".
  [[nodiscard]] std::string url() const;
  [[nodiscard]] RedisServer& node(std::size_t index) { return *nodes_.at(index); }
  // The node that has the slot after the start: moves are not followed.
  [[nodiscard]] static std::size_t first_owner(std::uint16_t slot);

  // A move of a slot in its three steps. In between, `from` answers ASK for keys that it does not have (any more), and
  // `to` takes them after ASKING; after the last, `from` answers MOVED.
  void begin_move(std::uint16_t slot, std::size_t from, std::size_t to);
  void move_keys(std::uint16_t slot, std::size_t from, std::size_t to);
  void finish_move(std::uint16_t slot, std::size_t to);

  // Waits until all nodes say that the cluster is whole; after a restart of a node.
  void wait_ready() const;

 private:
  [[nodiscard]] std::string id(std::size_t index) const;

  const RedisServer::Options options_;
  std::array<std::unique_ptr<RedisServer>, kNodes> nodes_;
};

}  // namespace sotto::test
