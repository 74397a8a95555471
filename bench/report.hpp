// Report: figures of one run, printed as a table and written as JSON. One thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sotto::bench {

struct Figure {
  std::string scenario;
  std::string what;
  double value = 0;
  std::string unit;
  std::string aim;  // empty: none stated
};

class Report {
 public:
  void add(Figure figure);
  [[nodiscard]] std::string table() const;
  void write_json(const std::filesystem::path& path) const;

 private:
  std::vector<Figure> figures_;
};

}  // namespace sotto::bench
