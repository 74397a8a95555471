// What Prometheus' clients count of every process, under their names (process_…), and which build this is.
#pragma once

#include <string>

#include "libs/observability/metrics.hpp"

namespace sotto::metrics {

// Resident and virtual memory, CPU time, open files and their limit, threads, time of start; read from /proc at each
// exposition. And `smp_build_info{component,version}`, which is 1: dashboards join it to tell the processes apart.
void expose_process(Metrics& metrics, const std::string& component, const std::string& version);

}  // namespace sotto::metrics
