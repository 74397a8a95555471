// Subject: the server that `sotto doctor` looks at, as its settings describe it. A value; one thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/settings/gateway_config.hpp"
#include "libs/config/value.hpp"
#include "libs/postgres/connection.hpp"
#include "libs/postgres/migration.hpp"
#include "libs/redis/options.hpp"

namespace sotto::cli {

struct Database {
  postgres::ConnectOptions options;
  postgres::MigrationSet schema;  // what the program needs
};

struct Subject {
  std::string_view program;  // "sotto-server"
  std::string source;        // where its settings are from, for people
  // Of its settings. Where there are problems nothing below is known.
  std::vector<std::string> problems;
  std::vector<std::string> warnings;

  std::optional<gateway::GatewayConfig> gateway;  // of a program that clients connect to
  std::optional<std::filesystem::path> data_dir;  // of a program that stores
  std::vector<config::Endpoint> grpc;             // where a service is for gateways
  std::optional<config::Endpoint> metrics;
  std::string admin_socket;  // path; empty: none
  std::optional<Database> database;
  std::optional<redis::Options> redis;
};

// What the program would be set to when it started here with this file (empty: none) and these variables
// ("SOTTO_LOG_LEVEL=info"). `word`: of --program (admin-cli/config/programs.hpp).
Subject read_subject(std::string_view word, const std::string& file, const std::vector<std::string>& variables);

}  // namespace sotto::cli
