#include "bench/report/json_report.hpp"

#include <cmath>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace sotto::bench {
namespace {

using json = nlohmann::ordered_json;  // parameters keep their order

constexpr int kSchemaVersion = 2;

// Three digits after the point are more than any figure is worth.
double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

json object_of(const RunRecord& run) {
  json parameters = json::object();
  for (const auto& each : run.parameters) parameters[each.name] = each.value;
  json processes = json::array();
  for (const auto& each : run.processes) {
    processes.push_back({{"name", each.name},
                         {"processes", each.processes},
                         {"userMicroseconds", rounded(each.user)},
                         {"kernelMicroseconds", rounded(each.kernel)},
                         {"residentBefore", each.resident_before},
                         {"residentAfter", each.resident_after}});
  }
  json floor = json::array();
  for (const auto& each : run.floor) {
    floor.push_back(
        {{"what", each.what}, {"microseconds", rounded(each.microseconds)}, {"count", rounded(each.count)}});
  }
  json latencies = json::array();
  for (const auto& each : run.latencies) {
    latencies.push_back({{"what", each.what},
                         {"count", each.count},
                         {"p50", each.p50},
                         {"p90", each.p90},
                         {"p99", each.p99},
                         {"p99.9", each.p999},
                         {"max", each.max}});
  }
  json figures = json::array();
  for (const auto& each : run.figures) {
    figures.push_back({{"name", each.name}, {"value", rounded(each.value)}, {"unit", each.unit}, {"aim", each.aim}});
  }
  json out{{"scenario", run.scenario},
           {"target", run.target},
           {"parameters", parameters},
           {"operations", run.operations},
           {"seconds", rounded(run.seconds)},
           {"processes", processes},
           {"ownCpuMicroseconds", rounded(run.own_cpu)},
           {"floor", floor},
           {"latencies", latencies},
           {"figures", figures}};
  if (!run.failure.empty()) out["failure"] = run.failure;
  return out;
}

RunRecord record_of(const json& in) {
  RunRecord run{.scenario = in.at("scenario"), .target = in.at("target")};
  for (const auto& [name, value] : in.at("parameters").items()) run.parameter(name, value.get<std::string>());
  run.operations = in.at("operations");
  run.seconds = in.at("seconds");
  for (const auto& each : in.at("processes")) {
    run.processes.push_back({each.at("name"), each.at("processes"), each.at("userMicroseconds"),
                             each.at("kernelMicroseconds"), each.at("residentBefore"), each.at("residentAfter")});
  }
  run.own_cpu = in.at("ownCpuMicroseconds");
  for (const auto& each : in.at("floor")) {
    run.floor.push_back({each.at("what"), each.at("microseconds"), each.at("count")});
  }
  for (const auto& each : in.at("latencies")) {
    run.latencies.push_back({each.at("what"), each.at("count"), each.at("p50"), each.at("p90"), each.at("p99"),
                             each.at("p99.9"), each.at("max")});
  }
  for (const auto& each : in.at("figures")) {
    run.figures.push_back({each.at("name"), each.at("value"), each.at("unit"), each.at("aim")});
  }
  run.failure = in.value("failure", "");
  return run;
}

}  // namespace

std::string to_json(const std::vector<RunRecord>& runs) {
  json document{{"schemaVersion", kSchemaVersion}, {"runs", json::array()}};
  for (const auto& run : runs) document["runs"].push_back(object_of(run));
  return document.dump(2) + '\n';
}

std::vector<RunRecord> from_json(const std::string& text) {
  std::vector<RunRecord> runs;
  try {
    const auto document = json::parse(text);
    const int version = document.at("schemaVersion");
    if (version != kSchemaVersion) {
      throw std::runtime_error("the report is of schemaVersion " + std::to_string(version) + ", not 2");
    }
    for (const auto& run : document.at("runs")) runs.push_back(record_of(run));
  } catch (const json::exception& error) {
    throw std::runtime_error(std::string("that is no report: ") + error.what());
  }
  return runs;
}

void write_report(const std::filesystem::path& file, const std::vector<RunRecord>& runs) {
  std::ofstream out(file);
  out << to_json(runs);
  out.close();
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

std::vector<RunRecord> read_report(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  return from_json({std::istreambuf_iterator<char>(in), {}});
}

}  // namespace sotto::bench
