// load(): fills the targets of a Table from flags, environment, TOML file and defaults, and reports everything that is
// wrong at once.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/config/table.hpp"

namespace sotto::config {

struct Sources {
  std::vector<std::string> arguments;  // without the name of the program
  // Only names that start with SOTTO_ are looked at. An empty value counts as not set. SOTTO_TEST_… belong to the test
  // suite, and the service links of Kubernetes and Docker (SOTTO_SERVICE_HOST, SOTTO_PORT=tcp://…) are not ours: both
  // are passed over.
  std::vector<std::pair<std::string, std::string>> environment;
};

// From main()'s arguments and `environ`.
Sources sources_of(int argc, const char* const* argv, const char* const* environment);

enum class Request : std::uint8_t { run, check_config, help, version };

struct Loaded {
  Request request = Request::run;
  std::vector<std::string> warnings;
};

// Fills every target. On failure the targets are unspecified, and the message (configuration) has one line a problem:
// key, value (never of a secret), where it came from, what is wrong, what to write instead. With --help or --version
// nothing else is looked at, and the targets stay as they were.
Result<Loaded> load(Table& table, const Sources& sources);

// The problems of such a failure, one each; of another failure none.
std::vector<std::string> problems_of(const Error& failure);

}  // namespace sotto::config
