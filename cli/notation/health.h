// --health-* of `run` and `create`.
#pragma once

#include <optional>
#include <string>

#include "cli/arguments.h"
#include "common/result.h"
#include "image/image.h"
#include "pod/supervisor/probe.h"

namespace skiff::cli {

// The interval of `--health-interval disable`, in milliseconds: as good as never.
inline constexpr int64_t kNeverChecked = int64_t{100} * 365 * 24 * 3600 * 1000;

// As the user wrote them.
struct HealthFlags {
  std::optional<std::string> command;
  std::string interval, timeout, start_period, on_failure, startup_interval, startup_timeout;
  std::optional<std::string> startup_command;
  std::optional<int64_t> retries, startup_retries, startup_success, max_log_count, max_log_size;
  bool disabled = false;  // --no-healthcheck

  void Declare(Arguments& arguments);
  // A flag beside --health-cmd and --no-healthcheck was given.
  bool HasDetails() const;
};

// What the flags say, over what the image's HEALTHCHECK says (null: it has none, or is not known). Absent: no
// check. kInvalid: details of a check that there is not, or values that are none.
common::Result<std::optional<supervisor::HealthCheck>> BuildHealthCheck(const HealthFlags& flags,
                                                                        const image::HealthConfig* image);

}  // namespace skiff::cli
