// RunRecord: all that is known of one run of a scenario: what was done against what, what it used, what it took. Plain
// values; they hold no names of hosts, addresses or paths.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/measure/floor.hpp"
#include "bench/measure/histogram.hpp"

namespace sotto::bench {

struct Parameter {
  std::string name;  // as the option of the command line
  std::string value;
};

// Of all processes of one kind together.
struct ProcessUse {
  std::string name;  // "server", "gateways" …
  std::uint64_t processes = 0;
  double user = 0;    // microseconds of CPU
  double kernel = 0;  // the same
  std::uint64_t resident_before = 0;
  std::uint64_t resident_after = 0;
  [[nodiscard]] double cpu() const { return user + kernel; }
};

struct Latency {
  std::string what;
  std::uint64_t count = 0;
  double p50 = 0;  // these in microseconds
  double p90 = 0;
  double p99 = 0;
  double p999 = 0;
  double max = 0;
};
Latency summary(std::string what, const Histogram& histogram);

struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  std::string aim{};  // such as "<= 600"; empty: none stated
};

struct RunRecord {
  std::string scenario;
  std::string target;  // "standalone", "platform" or "given"
  std::vector<Parameter> parameters{};
  std::uint64_t operations = 0;
  double seconds = 0;
  std::vector<ProcessUse> processes{};  // empty: not known
  double own_cpu = 0;                   // microseconds of CPU of sotto-bench
  std::vector<FloorPart> floor{};       // empty: not measured
  std::vector<Latency> latencies{};
  std::vector<Figure> figures{};
  std::string failure{};  // empty: it went well

  void parameter(std::string name, std::uint64_t value) {
    parameters.push_back({std::move(name), std::to_string(value)});
  }
  void parameter(std::string name, std::string value) { parameters.push_back({std::move(name), std::move(value)}); }
  // Null when there is none of that name.
  [[nodiscard]] const Figure* figure(std::string_view name) const;
  [[nodiscard]] double floor_total() const;
  // "messages, platform: pairs 16, size 16000".
  [[nodiscard]] std::string title() const;
};

}  // namespace sotto::bench
