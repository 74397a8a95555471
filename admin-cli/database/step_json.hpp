// Schema steps as the JSON of `sotto db`. A pure function.
#pragma once

#include <span>
#include <string>

#include <nlohmann/json.hpp>

#include "libs/postgres/migration.hpp"

namespace sotto::cli {

inline nlohmann::ordered_json to_json(std::span<const postgres::Migration> steps) {
  auto json = nlohmann::ordered_json::array();
  for (const auto& step : steps) json.push_back({{"version", step.version}, {"name", std::string(step.name)}});
  return json;
}

}  // namespace sotto::cli
