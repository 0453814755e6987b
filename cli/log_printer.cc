#include "cli/log_printer.h"

#include <atomic>
#include <charconv>
#include <cstdio>
#include <memory>
#include <mutex>
#include <thread>

#include "cli/notation/duration.h"
#include "common/clock.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

// Where the output stands in the middle of a line: a container's last one may have no end, and is printed so.
struct OpenLines {
  std::atomic<bool> out = false, err = false;
};

// Lines of one container, whole even when several threads print. What it has printed is counted over all its copies.
class LinePrinter {
 public:
  LinePrinter(const LogPrintOptions& options, std::string prefix, OpenLines& open)
      : options_(options),
        prefix_(std::move(prefix)),
        open_(&open),
        left_(std::make_shared<int64_t>(options.limit_bytes.value_or(INT64_MAX))) {}

  bool enough() const { return *left_ <= 0; }

  void operator()(const std::string& time, const std::string& stream, std::string_view text, bool ended) const {
    if (enough() || (!options_.until.empty() && time > options_.until)) return;
    std::string line = prefix_;
    if (options_.read.timestamps) line += time + " ";
    line.append(text).append(ended ? "\n" : "");
    const int64_t left = *left_ - std::ssize(line) + std::ssize(prefix_);
    if (left < 0) line.resize(line.size() - static_cast<size_t>(-left));
    *left_ = left;
    FILE* out = stream == "stderr" && !options_.one_stream ? stderr : stdout;
    if ((out == stderr ? open_->err : open_->out).exchange(!ended)) line.insert(0, "\n");
    if (out == stderr) FlushOutput();  // the order of lines, where both go to one place
    std::fwrite(line.data(), 1, line.size(), out);  // stdio locks the stream
    if (options_.read.follow) std::fflush(out);
  }

 private:
  const LogPrintOptions& options_;
  std::string prefix_;
  OpenLines* open_;
  std::shared_ptr<int64_t> left_;
};

Result<> PrintLog(Context& context, const LogSource& source, const std::string& prefix, const LogPrintOptions& options,
                  OpenLines& open) {
  ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
  const LinePrinter print(options, source.prefix.value_or(prefix), open);
  pod::LogOptions read = options.read;
  read.enough = [&] { return print.enough(); };
  const Result<> done = engine->ReadLogs(source.id, read, print);
  if (done || !options.ignore_errors) return done;
  PrintLine("error: " + done.error().message());
  return {};
}

Result<> Follow(const Context& context, const std::vector<LogSource>& sources,
                const LogPrintOptions& options) {
  std::mutex mutex;
  OpenLines open;
  Result<> first_error;
  std::vector<std::thread> threads;
  for (const LogSource& source : sources) {
    threads.emplace_back([&, source] {
      Context own(context.options());  // an engine belongs to one thread
      const Result<> done = PrintLog(own, source, source.name + " ", options, open);
      const std::lock_guard lock(mutex);
      if (!done && first_error) first_error = done;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return first_error;
}

}  // namespace

Result<std::string> ResolveTime(std::string_view text) {
  if (const auto time = common::ParseTime(text)) return common::FormatTime(*time, true);
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size())  // seconds since 1970
    return common::FormatTime(common::WallTime(std::chrono::seconds(seconds)), true);
  const auto age = ParseDuration(text);
  if (!age)
    return MakeError(ErrorCode::kInvalid, "\"{}\" is neither a time (2026-01-02T03:04:05Z) nor a while (10m, 1h30m)", text);
  return common::FormatTime(common::Now() - *age, true);
}

Result<> PrintLogs(Context& context, const std::vector<LogSource>& sources, const LogPrintOptions& options) {
  FlushOutput();
  if (options.read.follow && sources.size() > 1) return Follow(context, sources, options);
  const bool names = options.names || sources.size() > 1;
  OpenLines open;
  for (const LogSource& source : sources) TRY(PrintLog(context, source, names ? source.name + " " : "", options, open));
  return {};
}

}  // namespace skiff::cli
