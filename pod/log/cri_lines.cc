#include "pod/log/cri_lines.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

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

// The records of a line of output: from the begin of the first to the end of the last one.
struct Span {
  size_t begin = 0;
  size_t end = 0;
};

struct Spans {
  std::vector<Span> lines;                  // in the order of their ends
  std::map<std::string_view, size_t> open;  // by stream: where a line begins that has no end
};

Spans FindSpans(std::string_view log, OpenEnd open_end) {
  Spans spans;
  for (size_t begin = 0; begin < log.size();) {
    const size_t end = std::min(log.find('\n', begin), log.size());
    const auto fields = end < log.size() ? Parse(log.substr(begin, end - begin)) : std::nullopt;
    if (fields) {
      const auto [open, is_new] = spans.open.try_emplace(fields->stream, begin);
      if (!fields->partial) {
        spans.lines.push_back({open->second, end + 1});
        spans.open.erase(open);
      }
    }
    begin = end + 1;
  }
  if (open_end == OpenEnd::kGoesOn) return spans;
  for (const auto& [stream, begin] : spans.open) spans.lines.push_back({begin, log.size()});
  spans.open.clear();
  return spans;
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
  if (!fields->partial) Emit(std::string(fields->stream), std::exchange(part, {}), true);
}

void CriLines::Flush() {
  rest_.clear();
  for (auto& [stream, part] : parts_) {
    if (!part.time.empty()) Emit(stream, std::exchange(part, {}), false);
  }
}

void CriLines::Emit(const std::string& stream, Part part, bool ended) {
  if (skip_ > 0) {
    --skip_;
    return;
  }
  if (part.time >= since_) sink_(part.time, stream, part.text, ended);
}

size_t CountLines(std::string_view log, OpenEnd open_end) { return FindSpans(log, open_end).lines.size(); }

LogTail FindTail(std::string_view log, size_t count, OpenEnd open_end) {
  const Spans spans = FindSpans(log, open_end);
  const size_t before = spans.lines.size() - std::min(count, spans.lines.size());
  LogTail tail{.offset = log.size()};
  for (size_t i = before; i < spans.lines.size(); ++i) tail.offset = std::min(tail.offset, spans.lines[i].begin);
  for (const auto& [stream, begin] : spans.open) tail.offset = std::min(tail.offset, begin);
  for (size_t i = before; i > 0 && spans.lines[i - 1].end > tail.offset; --i) ++tail.skip;
  return tail;
}

}  // namespace skiff::pod
