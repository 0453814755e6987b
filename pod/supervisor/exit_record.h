// How a process of the pod ended, as skiff-reaper records it in RUN_DIR/exits before it reaps the process: the record is
// there whatever becomes of the supervisor meanwhile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/process.h"
#include "common/result.h"

namespace skiff::supervisor {

inline constexpr char kExitsFile[] = "exits";

struct ExitRecord {
  int64_t pid = 0;
  uint64_t start_time = 0;  // field 22 of /proc/PID/stat
  std::optional<common::ExitStatus> status;  // nothing: nobody has seen it
  common::WallTime time;
};

// One line without its newline: "PID START CODE SIGNAL NANOSECONDS", the last since 1970. An unknown status is "-1 -1".
std::string FormatExit(const ExitRecord& record);
std::optional<ExitRecord> ParseExit(std::string_view line);

// All records of the text; a last line without newline (its writer was killed) and lines that cannot be read are skipped.
std::vector<ExitRecord> ParseExits(std::string_view text);

}  // namespace skiff::supervisor
