// Reading the CRI log format: "TIME STREAM F|P TEXT"; P marks a part of a line that goes on.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace skiff::pod {

// Puts bytes together to whole lines of the container's output.
class CriLines {
 public:
  // `ended`: by a newline; else the output ends here.
  using Sink = std::function<void(const std::string& time, const std::string& stream, std::string_view text, bool ended)>;

  // Lines before `since` (RFC 3339 in UTC with nanoseconds, empty: all) are dropped.
  CriLines(Sink sink, std::string since) : sink_(std::move(sink)), since_(std::move(since)) {}

  void Add(std::string_view bytes);
  // The end of a file or run: what has not been ended by a newline is a line too.
  void Flush();
  // The next `count` lines are dropped.
  void Skip(size_t count) { skip_ = count; }

 private:
  struct Part {
    std::string time;
    std::string text;
  };
  void AddLine(std::string_view line);
  void Emit(const std::string& stream, Part part, bool ended);

  Sink sink_;
  std::string since_;
  size_t skip_ = 0;
  std::string rest_;                   // of a line of the file
  std::map<std::string, Part> parts_;  // by stream
};

// What a part without an end is at the end of a file: a line as any other, or the beginning of what the next file has.
enum class OpenEnd { kIsLine, kGoesOn };

// How many lines of output a piece of a log has.
size_t CountLines(std::string_view log, OpenEnd open_end);

// Where the last `count` of them are: who reads from `offset` on comes to `skip` others first, as the streams' lines lie in each
// other.
struct LogTail {
  size_t offset = 0;
  size_t skip = 0;
};
LogTail FindTail(std::string_view log, size_t count, OpenEnd open_end);

}  // namespace skiff::pod
