#include "pod/supervisor/exit_watch.h"

#include <utility>

#include "common/process.h"

namespace skiff::supervisor {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {
constexpr milliseconds kLook{5};
constexpr milliseconds kInitPatience{2000};
}  // namespace

void ExitWatch::Add(pid_t pid, uint64_t start_time) {
  if (pid <= 0) return;
  auto pidfd = common::OpenPidfd(pid);
  const auto actual = common::ProcessStartTime(pid);
  if (!pidfd || !actual || (start_time != 0 && *actual != start_time)) return;
  watched_.push_back({pid, *actual, std::move(*pidfd), {}, {}});
}

void ExitWatch::AddTo(std::vector<pollfd>& polls) const {
  for (const Watched& process : watched_)
    if (!process.ended) polls.push_back({process.pidfd.get(), POLLIN, 0});
}

std::optional<milliseconds> ExitWatch::Patience() const {
  for (const Watched& process : watched_)
    if (process.ended) return kLook;
  return std::nullopt;
}

std::vector<ExitRecord> ExitWatch::Collect() {
  std::vector<ExitRecord> records;
  std::erase_if(watched_, [&](Watched& process) {
    pollfd gone{process.pidfd.get(), POLLIN, 0};
    if (!process.ended && ::poll(&gone, 1, 0) <= 0) return false;
    if (!process.ended) {
      process.ended = steady_clock::now();
      process.ended_at = common::Now();
    }
    const auto status = common::ReadExitStatus(process.pidfd.get());
    if (status && !*status && steady_clock::now() - *process.ended < kInitPatience) return false;
    records.push_back({process.pid, process.start_time, status ? *status : std::nullopt, process.ended_at});
    return true;
  });
  return records;
}

}  // namespace skiff::supervisor
