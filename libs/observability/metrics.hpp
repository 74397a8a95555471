// Metrics: counters, gauges and histograms for Prometheus. Names start with `smp_`, hold their unit (`_seconds`,
// `_bytes`) and counters end in `_total`; one concept has one name in all our processes, which a scrape tells apart.
// Labels have few values that are known beforehand: never an id, an address or a password.
//
//   const Counter accepted = metrics.counter("smp_connections_accepted_total", "Connections accepted.");
//   accepted.add();
//   const Counter stalled = metrics.counter("smp_connections_closed_total", "…", {{"reason", "stalled"}});
//
// Metrics makes the handles at start and must outlive them and their copies. Handles are cheap to copy and to use: from
// any thread, without a lock (histograms take one of their own). Making one may be done from any thread, too.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/time_histogram.hpp"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Collectable;
}  // namespace prometheus

namespace sotto::metrics {

using Labels = std::map<std::string, std::string>;

class Counter {
 public:
  // by >= 0.
  void add(double by = 1) const;
  [[nodiscard]] double value() const;

 private:
  friend class Metrics;
  explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
  prometheus::Counter* counter_;
};

class Gauge {
 public:
  void set(double value) const;
  void add(double by = 1) const;
  void subtract(double by = 1) const;
  [[nodiscard]] double value() const;

 private:
  friend class Metrics;
  explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
  prometheus::Gauge* gauge_;
};

class Histogram {
 public:
  void observe(double value) const;

 private:
  friend class Metrics;
  explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
  prometheus::Histogram* histogram_;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  Metrics(Metrics&&) = delete;
  Metrics& operator=(Metrics&&) = delete;

  // The metric of this name with these labels, a new one or the one there is. A name that Prometheus cannot have, one
  // without the prefix, or one that is a metric of another kind is our own bug and ends the process.
  Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // `bounds`: upper bounds of the buckets, ascending; one without bound is added.
  Histogram histogram(const std::string& name, const std::string& help, std::vector<double> bounds,
                      const Labels& labels = {});

  // A metric whose value is asked for at each exposition: for what somebody counts anyway. A counter's must never
  // shrink. `read` is called from the thread that wants the exposition, and must be callable until
  // release_callbacks(); it must not call this object.
  void callback_gauge(const std::string& name, const std::string& help, std::function<double()> read,
                      const Labels& labels = {});
  void callback_counter(const std::string& name, const std::string& help, std::function<double()> read,
                        const Labels& labels = {});
  // Of times that somebody counts anyway; in seconds. `times` must live until release_callbacks().
  void callback_histogram(const std::string& name, const std::string& help, const TimeHistogram& times,
                          const Labels& labels = {});
  // Forgets all `read` functions; the metrics keep their last value. When it returns none is running.
  void release_callbacks();

  // All metrics in Prometheus' text format, version 0.0.4.
  [[nodiscard]] std::string exposition() const;
  // The same for HttpExposer; may outlive this object.
  [[nodiscard]] std::shared_ptr<prometheus::Collectable> collectable() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace sotto::metrics
