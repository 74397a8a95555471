#include "tests/support/redis/redis_cluster.hpp"

#include <utility>

namespace sotto::test {
namespace {

using redis::Command;

constexpr std::size_t kSlots = 16384;

std::size_t first_slot(std::size_t node) {
  return node * kSlots / RedisCluster::kNodes;
}

RedisServer::Options as_node(RedisServer::Options options) {
  options.cluster = true;
  return options;
}

}  // namespace

RedisCluster::RedisCluster() : RedisCluster(RedisServer::Options{}) {}

RedisCluster::RedisCluster(RedisServer::Options options) : options_(as_node(std::move(options))) {
  for (std::size_t i = 0; i < kNodes; ++i) {
    nodes_[i] = std::make_unique<RedisServer>(options_);
    nodes_[i]->execute(Command("CLUSTER").arg("SET-CONFIG-EPOCH").arg(i + 1));
    nodes_[i]->execute(Command("CLUSTER").arg("ADDSLOTSRANGE").arg(first_slot(i)).arg(first_slot(i + 1) - 1));
  }
  for (std::size_t i = 1; i < kNodes; ++i) {
    nodes_[0]->execute(
        Command("CLUSTER").arg("MEET").arg("127.0.0.1").arg(nodes_[i]->port()).arg(nodes_[i]->bus_port()));
  }
  wait_ready();
}

std::size_t RedisCluster::first_owner(std::uint16_t slot) {
  std::size_t out = 0;
  while (slot >= first_slot(out + 1)) ++out;
  return out;
}

void RedisCluster::wait_ready() const {
  for (const auto& node : nodes_) {
    wait_until("the Redis Cluster to be ready", [&] {
      const auto info = node->execute(Command("CLUSTER").arg("INFO"));
      return info.text().find("cluster_state:ok") != std::string_view::npos &&
             info.text().find("cluster_known_nodes:3") != std::string_view::npos &&
             info.text().find("cluster_slots_ok:16384") != std::string_view::npos;
    });
  }
}

redis::Options RedisCluster::client_options() const {
  auto out = nodes_[0]->client_options();
  out.servers.clear();
  for (const auto& node : nodes_) out.servers.push_back(node->address());
  return out;
}

std::string RedisCluster::url() const {
  auto out = nodes_[0]->url();
  for (std::size_t i = 1; i < kNodes; ++i) out += "," + redis::to_text(nodes_[i]->address());
  return out;
}

std::string RedisCluster::id(std::size_t index) const {
  return std::string(nodes_.at(index)->execute(Command("CLUSTER").arg("MYID")).text());
}

void RedisCluster::begin_move(std::uint16_t slot, std::size_t from, std::size_t to) {
  node(to).execute(Command("CLUSTER").arg("SETSLOT").arg(slot).arg("IMPORTING").arg(id(from)));
  node(from).execute(Command("CLUSTER").arg("SETSLOT").arg(slot).arg("MIGRATING").arg(id(to)));
}

void RedisCluster::move_keys(std::uint16_t slot, std::size_t from, std::size_t to) {
  for (;;) {
    const auto keys = node(from).execute(Command("CLUSTER").arg("GETKEYSINSLOT").arg(slot).arg(100));
    if (keys.array().empty()) return;
    Command migrate("MIGRATE");
    migrate.arg("127.0.0.1").arg(node(to).port()).arg("").arg(0).arg(5000);
    if (!options_.password.empty()) migrate.arg("AUTH").arg(options_.password);
    migrate.arg("KEYS");
    for (const auto& key : keys.array()) migrate.arg(key.bytes());
    node(from).execute(std::move(migrate));
  }
}

void RedisCluster::finish_move(std::uint16_t slot, std::size_t to) {
  const auto owner = id(to);
  // The new owner first, so that the slot always has one.
  node(to).execute(Command("CLUSTER").arg("SETSLOT").arg(slot).arg("NODE").arg(owner));
  for (std::size_t i = 0; i < kNodes; ++i) {
    if (i != to) node(i).execute(Command("CLUSTER").arg("SETSLOT").arg(slot).arg("NODE").arg(owner));
  }
}

}  // namespace sotto::test
