#include "pod/supervisor/exit_record.h"

#include <charconv>

namespace skiff::supervisor {
namespace {

constexpr common::ExitStatus kUnknown{-1, -1};

template <typename T>
bool TakeNumber(std::string_view& text, T& value) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

}  // namespace

std::string FormatExit(const ExitRecord& record) {
  const common::ExitStatus status = record.status.value_or(kUnknown);
  return fmt::format("{} {} {} {} {}", record.pid, record.start_time, status.code, status.signal,
                     record.time.time_since_epoch().count());
}

std::optional<ExitRecord> ParseExit(std::string_view line) {
  ExitRecord record;
  int64_t nanoseconds = 0;
  common::ExitStatus status;
  if (!TakeNumber(line, record.pid) || !TakeNumber(line, record.start_time) || !TakeNumber(line, status.code) ||
      !TakeNumber(line, status.signal) || !TakeNumber(line, nanoseconds) || !line.empty())
    return std::nullopt;
  if (status.code != kUnknown.code) record.status = status;
  record.time = common::WallTime(std::chrono::nanoseconds(nanoseconds));
  return record;
}

std::vector<ExitRecord> ParseExits(std::string_view text) {
  std::vector<ExitRecord> records;
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    if (auto record = ParseExit(text.substr(0, end))) records.push_back(*record);
    text.remove_prefix(end + 1);
  }
  return records;
}

}  // namespace skiff::supervisor
