// Schemas and their steps as the JSON of `sotto db`. Pure functions.
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

// Adds what is to be said of a service's schema to the list of services, and what is said of the queue service to the
// document itself: that was all there was once, and a field that was there stays.
inline void add_service(nlohmann::ordered_json& document, nlohmann::ordered_json& services,
                        const postgres::MigrationSet& set, const nlohmann::ordered_json& fields) {
  if (set.service == "queue") document.update(fields);
  nlohmann::ordered_json service{{"service", std::string(set.service)}};
  service.update(fields);
  services.push_back(std::move(service));
}

}  // namespace sotto::cli
