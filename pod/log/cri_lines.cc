#include "pod/log/cri_lines.h"

#include <optional>
#include <utility>

namespace skiff::pod {
namespace {

struct Fields {
  std::string_view time;
  std::string_view stream;
  bool partial = false;
  std::string_view text;
};

std::optional<Fields> Parse(std::string_view line) {
  const size_t first = line.find(' ');
  if (first == std::string_view::npos) return std::nullopt;
  const size_t second = line.find(' ', first + 1);
  if (second == std::string_view::npos || second + 1 >= line.size()) return std::nullopt;
  const std::string_view tag = line.substr(second + 1, 1);
  if (tag != "F" && tag != "P") return std::nullopt;
  return Fields{line.substr(0, first), line.substr(first + 1, second - first - 1), tag == "P",
                line.size() > second + 3 ? line.substr(second + 3) : std::string_view()};
}

bool EndsOutputLine(std::string_view line) {
  const auto fields = Parse(line);
  return fields && !fields->partial;
}

// The last line of a log whose newline has not been written yet.
bool HasOpenEnd(std::string_view log) {
  if (!log.ends_with('\n')) return false;
  log.remove_suffix(1);
  const size_t newline = log.rfind('\n');
  const auto last = Parse(newline == std::string_view::npos ? log : log.substr(newline + 1));
  return last && last->partial;
}

}  // namespace

void CriLines::Add(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t newline = bytes.find('\n');
    if (newline == std::string_view::npos) {
      rest_ += bytes;
      return;
    }
    if (rest_.empty()) {
      AddLine(bytes.substr(0, newline));
    } else {
      rest_ += bytes.substr(0, newline);
      AddLine(rest_);
      rest_.clear();
    }
    bytes.remove_prefix(newline + 1);
  }
}

void CriLines::AddLine(std::string_view line) {
  const auto fields = Parse(line);
  if (!fields) return;  // cut short by a crash
  Part& part = parts_[std::string(fields->stream)];
  if (part.time.empty()) part.time = fields->time;
  part.text += fields->text;
  if (!fields->partial) Emit(std::string(fields->stream), std::exchange(part, {}));
}

void CriLines::Flush() {
  rest_.clear();
  for (auto& [stream, part] : parts_) {
    if (!part.time.empty()) Emit(stream, std::exchange(part, {}));
  }
}

void CriLines::Emit(const std::string& stream, Part part) {
  if (part.time >= since_) sink_(part.time, stream, part.text);
}

size_t CountLines(std::string_view log, OpenEnd open_end) {
  size_t count = open_end == OpenEnd::kIsLine && HasOpenEnd(log) ? 1 : 0;
  for (size_t begin = 0; begin < log.size();) {
    const size_t end = std::min(log.find('\n', begin), log.size());
    if (EndsOutputLine(log.substr(begin, end - begin))) ++count;
    begin = end + 1;
  }
  return count;
}

size_t LastLinesOffset(std::string_view log, size_t count, OpenEnd open_end) {
  if (count == 0) return log.size();
  size_t end = log.ends_with('\n') ? log.size() - 1 : log.size();
  size_t seen = open_end == OpenEnd::kIsLine && HasOpenEnd(log) ? 1 : 0;
  for (;;) {
    const size_t newline = end == 0 ? std::string_view::npos : log.rfind('\n', end - 1);
    const size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    if (end > begin && EndsOutputLine(log.substr(begin, end - begin)) && ++seen > count) return end + 1;
    if (begin == 0) return 0;
    end = newline;
  }
}

}  // namespace skiff::pod
