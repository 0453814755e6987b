#include "common/process_state.h"

#include "common/file.h"
#include "common/process.h"

namespace skiff::common {

Result<bool> ProcessLives(pid_t pid, uint64_t start_time, const std::string& proc_root) {
  const auto started = ProcessStartTime(pid, proc_root);
  if (!started && started.error().code() == ErrorCode::kNotFound) return false;
  if (!started) return started.error();
  if (*started != start_time) return false;
  const auto stat = ReadFile(fmt::format("{}/{}/stat", proc_root, pid));
  if (!stat) return false;  // ended since
  // The command's name may hold anything; the state comes after the last ')'.
  const size_t name_end = stat->rfind(") ");
  const char state = name_end == std::string::npos || name_end + 2 >= stat->size() ? 'X' : (*stat)[name_end + 2];
  return state != 'Z' && state != 'X';
}

}  // namespace skiff::common
