// RUN_DIR/health-CONTAINER.json: the last results of a container's health check (`run --health-*`, HEALTHCHECK), for
// `inspect`. A file of its own, as it changes with each check and status.json shall not. Written by the supervisor only.
#pragma once

#include <string>
#include <vector>

#include "common/json_fields.h"

namespace skiff::supervisor {

struct HealthResult {
  std::string start;  // RFC 3339
  std::string end;
  int exit_code = 0;  // 0: healthy; -1: it did not end within its time
  std::string output;
};

struct HealthRecord {
  std::string status;      // starting, healthy, unhealthy; the same as ContainerStatus::health
  int failing_streak = 0;
  std::vector<HealthResult> log;  // oldest first
};

inline std::string HealthFile(const std::string& run_dir, const std::string& container_id) {
  return run_dir + "/health-" + container_id + ".json";
}

template <typename V>
void VisitFields(V& v, HealthResult& r) {
  v("start", r.start);
  v("end", r.end);
  v("exitCode", r.exit_code);
  v("output", r.output);
}

template <typename V>
void VisitFields(V& v, HealthRecord& r) {
  v("status", r.status);
  v("failingStreak", r.failing_streak);
  v("log", r.log);
}

}  // namespace skiff::supervisor
