#include "libs/observability/metrics.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <utility>

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace sotto::metrics {
namespace {

// Ours, and what Prometheus' clients have of every process (process_metrics.hpp).
constexpr std::array<std::string_view, 2> kPrefixes{"smp_", "process_"};

[[noreturn]] void end_process(const std::string& name, const char* why) {
  std::fprintf(stderr, "metric %s: %s\n", name.c_str(), why);
  std::abort();
}

// prometheus-cpp throws for a bad name or a name that is taken by another kind: our own bug, named before the end.
template <class T, class Add>
T& checked(const std::string& name, Add add) {
  const bool has_prefix = std::any_of(kPrefixes.begin(), kPrefixes.end(),
                                      [&name](std::string_view prefix) { return name.starts_with(prefix); });
  if (!has_prefix) end_process(name, "the name does not start with smp_");
  try {
    return add();
  } catch (const std::exception& error) {
    end_process(name, error.what());
  }
}

}  // namespace

void Counter::add(double by) const {
  counter_->Increment(by);
}
double Counter::value() const {
  return counter_->Value();
}

void Gauge::set(double value) const {
  gauge_->Set(value);
}
void Gauge::add(double by) const {
  gauge_->Increment(by);
}
void Gauge::subtract(double by) const {
  gauge_->Decrement(by);
}
double Gauge::value() const {
  return gauge_->Value();
}

void Histogram::observe(double value) const {
  histogram_->Observe(value);
}

class Metrics::State final : public prometheus::Collectable {
 public:
  // Synchronises itself. Families of equal name are one.
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};

  // `update` brings a metric up to date.
  void add_callback(std::function<void()> update) {
    const std::lock_guard lock(mutex_);
    callbacks_.push_back(std::move(update));
  }

  void release_callbacks() {
    const std::lock_guard lock(mutex_);
    callbacks_.clear();
  }

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
    {
      const std::lock_guard lock(mutex_);
      for (const auto& update : callbacks_) update();
    }
    return registry.Collect();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::function<void()>> callbacks_;  // guarded by mutex_
};

Metrics::Metrics() : state_(std::make_shared<State>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  return Counter(checked<prometheus::Counter>(name, [&]() -> prometheus::Counter& {
    return prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry).Add(labels);
  }));
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return Gauge(checked<prometheus::Gauge>(name, [&]() -> prometheus::Gauge& {
    return prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry).Add(labels);
  }));
}

Histogram Metrics::histogram(const std::string& name, const std::string& help, std::vector<double> bounds,
                             const Labels& labels) {
  return Histogram(checked<prometheus::Histogram>(name, [&]() -> prometheus::Histogram& {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry).Add(labels, std::move(bounds));
  }));
}

void Metrics::callback_gauge(const std::string& name, const std::string& help, std::function<double()> read,
                             const Labels& labels) {
  state_->add_callback([target = gauge(name, help, labels), read = std::move(read)] { target.set(read()); });
}

void Metrics::callback_counter(const std::string& name, const std::string& help, std::function<double()> read,
                               const Labels& labels) {
  state_->add_callback([target = counter(name, help, labels), read = std::move(read)] {
    const auto grown = read() - target.value();
    if (grown > 0) target.add(grown);
  });
}

void Metrics::callback_histogram(const std::string& name, const std::string& help, const TimeHistogram& times,
                                 const Labels& labels) {
  constexpr double kSecond = 1e6;  // microseconds; a division rounds as the literals do
  std::vector<double> bounds;
  for (const auto bound : TimeHistogram::kBounds) bounds.push_back(static_cast<double>(bound) / kSecond);
  auto target = histogram(name, help, std::move(bounds), labels);
  // What was added to the metric already.
  struct Seen {
    std::array<std::uint64_t, TimeHistogram::kBounds.size() + 1> counts{};
    std::uint64_t sum = 0;
  };
  state_->add_callback([target, &times, seen = Seen{}]() mutable {
    std::vector<double> grown;
    for (std::size_t i = 0; i < seen.counts.size(); ++i) {
      const auto before = std::exchange(seen.counts[i], times.count(i));
      grown.push_back(static_cast<double>(seen.counts[i] - before));
    }
    const auto sum_before = std::exchange(seen.sum, times.sum_microseconds());
    target.histogram_->ObserveMultiple(grown, static_cast<double>(seen.sum - sum_before) / kSecond);
  });
}

void Metrics::release_callbacks() {
  state_->release_callbacks();
}

std::string Metrics::exposition() const {
  return prometheus::TextSerializer().Serialize(state_->Collect());
}

std::shared_ptr<prometheus::Collectable> Metrics::collectable() const {
  return state_;
}

}  // namespace sotto::metrics
