#include "pod/supervisor/event_log.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <thread>

#include "common/clock.h"
#include "common/file.h"
#include "common/file_lock.h"

namespace skiff::supervisor {

using common::Result;
using common::UniqueFd;

namespace {

constexpr int kLockTries = 50;  // a millisecond apart

// A missing log is an empty one.
Result<std::string> ReadLog(const std::string& path) {
  auto text = common::ReadFile(path);
  if (!text && text.error().code() == common::ErrorCode::kNotFound) return std::string();
  return text;
}

Result<> Compact(const std::string& path, std::vector<Event> events) {
  if (events.size() > kEventsKept) events.erase(events.begin(), events.end() - kEventsKept);
  std::string text;
  for (const Event& event : events) text += common::EncodeJson(event) + "\n";
  return common::WriteFileAtomic(path, text, 0600);
}

}  // namespace

std::vector<Event> MergeEvents(std::string_view text) {
  std::vector<Event> events;
  while (true) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return events;  // a line that is just being written does not count yet
    auto event = common::DecodeJson<Event>(text.substr(0, end), kEventsFile);
    text.remove_prefix(end + 1);
    if (!event) continue;
    std::erase_if(events, [&](const Event& earlier) { return event->Repeats(earlier); });
    events.push_back(std::move(*event));
  }
}

Result<> EventLog::Append(Event event) const {
  // Not the log itself, which is replaced. Held for the length of a read and a write. Who was stopped while holding it must
  // not stop a supervisor: then the event is appended all the same, and at worst a count is wrong.
  auto lock = common::FileLock::TryAcquire(path_ + ".lock");
  for (int i = 0; !lock && lock.error().code() == common::ErrorCode::kBusy && i < kLockTries; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    lock = common::FileLock::TryAcquire(path_ + ".lock");
  }
  ASSIGN_OR_RETURN(const std::string text, ReadLog(path_));
  if (event.time.empty()) event.time = common::FormatTime(common::Now(), true);
  event.first_time = event.time;
  std::vector<Event> events = MergeEvents(text);
  const auto earlier = std::find_if(events.begin(), events.end(), [&](const Event& e) { return event.Repeats(e); });
  if (earlier != events.end()) {
    event.count = earlier->count + 1;
    event.first_time = earlier->first_time;
  }
  const std::string line = common::EncodeJson(event) + "\n";
  if (lock && text.size() + line.size() > kEventLogLimit) {
    if (earlier != events.end()) events.erase(earlier);
    events.push_back(std::move(event));
    return Compact(path_, std::move(events));
  }
  ASSIGN_OR_RETURN(const UniqueFd file, common::Open(path_, O_WRONLY | O_CREAT | O_APPEND, 0600));
  // A writer that was killed in its line: that one is lost, ours is not.
  if (!text.empty() && text.back() != '\n') TRY(common::WriteAll(file.get(), "\n"));
  return common::WriteAll(file.get(), line);
}

Result<std::vector<Event>> EventLog::Read() const {
  ASSIGN_OR_RETURN(const std::string text, ReadLog(path_));
  return MergeEvents(text);
}

}  // namespace skiff::supervisor
