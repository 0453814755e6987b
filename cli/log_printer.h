// Log lines of one or several containers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"
#include "common/result.h"
#include "pod/engine.h"

namespace skiff::cli {

struct LogSource {
  std::string id;
  std::string name;
  std::optional<std::string> prefix = {};  // in front of each line; absent: as the options say
};

struct LogPrintOptions {
  pod::LogOptions read;
  std::string until;   // RFC 3339 or empty
  bool names = false;  // the container's name before each line
  bool one_stream = false;  // standard error to standard output too, as kubectl
  std::optional<int64_t> limit_bytes = {};  // of each source, times included, prefixes not
  bool ignore_errors = false;  // of one source: told among the lines, and the others go on
};

// An absolute time, or the time that long ago ("10m", "1h30m"), as RFC 3339.
common::Result<std::string> ResolveTime(std::string_view text);
// stdout to standard output, stderr to standard error. Several containers: one after another, or, when
// following, all at once.
common::Result<> PrintLogs(Context& context, const std::vector<LogSource>& sources,
                           const LogPrintOptions& options);

}  // namespace skiff::cli
