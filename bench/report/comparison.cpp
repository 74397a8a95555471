#include "bench/report/comparison.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sotto::bench {
namespace {

using Verdict = Compared::Verdict;

const Cost* find(const std::vector<Cost>& costs, const std::string& name) {
  const auto found = std::find_if(costs.begin(), costs.end(), [&](const Cost& each) { return each.name == name; });
  return found == costs.end() ? nullptr : &*found;
}

Verdict verdict_of(const Compared& compared) {
  if (!compared.stored) return Verdict::added;
  if (!compared.now) return Verdict::missing;
  if (compared.change() > kTolerance) return Verdict::dearer;
  if (compared.change() < -kTolerance) return Verdict::cheaper;
  return Verdict::same;
}

const char* words(Verdict verdict) {
  switch (verdict) {
    case Verdict::same:
      return "";
    case Verdict::cheaper:
      return "moved: cheaper";
    case Verdict::dearer:
      return "MOVED: DEARER";
    case Verdict::added:
      return "new";
    case Verdict::missing:
      return "MISSING";
  }
  return "";
}

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{:.2f}", *value) : "-";
}

bool is_cpu(const Figure& figure) {
  return figure.unit == "us CPU" && figure.name.starts_with("CPU per ");
}

}  // namespace

double Compared::change() const {
  if (!stored || !now || *stored == 0) return 0;
  return *now / *stored - 1;
}

std::vector<Cost> costs_of(const std::vector<RunRecord>& runs) {
  std::vector<Cost> costs;
  for (const auto& run : runs) {
    const auto floor = run.floor_total();
    for (const auto& each : run.figures) {
      const auto name = run.title() + ": " + each.name;
      if (is_cpu(each) && floor > 0) costs.push_back({name, each.value / floor, "x floor"});
      if (each.unit == "KiB") costs.push_back({name, each.value, each.unit});
    }
  }
  return costs;
}

std::vector<Compared> compare(const std::vector<Cost>& stored, const std::vector<Cost>& now) {
  std::vector<Compared> out;
  for (const auto& before : stored) {
    Compared compared{.name = before.name, .unit = before.unit, .stored = before.value, .now = {}};
    if (const auto* after = find(now, before.name)) compared.now = after->value;
    compared.verdict = verdict_of(compared);
    out.push_back(std::move(compared));
  }
  for (const auto& after : now) {
    if (find(stored, after.name) != nullptr) continue;
    out.push_back({after.name, after.unit, std::nullopt, after.value, Verdict::added});
  }
  return out;
}

bool is_worse(const std::vector<Compared>& compared) {
  return std::any_of(compared.begin(), compared.end(), [](const Compared& each) {
    return each.verdict == Verdict::dearer || each.verdict == Verdict::missing;
  });
}

std::string to_text(const std::vector<Compared>& compared) {
  std::size_t width = 0;
  for (const auto& each : compared) width = std::max(width, each.name.size());
  auto out = fmt::format("{:<{}} {:>10} {:>10} {:>8} {}\n", "", width, "stored", "now", "change", "unit");
  for (const auto& each : compared) {
    const auto change = each.stored && each.now ? fmt::format("{:+.1f} %", each.change() * 100) : std::string("-");
    out += fmt::format("{:<{}} {:>10} {:>10} {:>8} {:<8} {}\n", each.name, width, number(each.stored), number(each.now),
                       change, each.unit, words(each.verdict));
  }
  return out;
}

}  // namespace sotto::bench
