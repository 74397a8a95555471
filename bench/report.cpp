#include "bench/report.hpp"

#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sotto::bench {

void Report::add(Figure figure) {
  fmt::print("{:<12} {:<52} {:>12.1f} {:<14} {}\n", figure.scenario, figure.what, figure.value, figure.unit,
             figure.aim);
  figures_.push_back(std::move(figure));
}

std::string Report::table() const {
  std::string out = "| scenario | figure | value | unit | aim |\n| --- | --- | ---: | --- | --- |\n";
  for (const auto& figure : figures_) {
    out += fmt::format("| {} | {} | {:.1f} | {} | {} |\n", figure.scenario, figure.what, figure.value, figure.unit,
                       figure.aim);
  }
  return out;
}

void Report::write_json(const std::filesystem::path& path) const {
  nlohmann::json document{{"schemaVersion", 1}, {"figures", nlohmann::json::array()}};
  for (const auto& figure : figures_) {
    document["figures"].push_back({{"scenario", figure.scenario},
                                   {"figure", figure.what},
                                   {"value", figure.value},
                                   {"unit", figure.unit},
                                   {"aim", figure.aim}});
  }
  std::ofstream(path) << document.dump(2) << '\n';
}

}  // namespace sotto::bench
