#include "cli/log_printer.h"

#include <charconv>
#include <cstdio>
#include <mutex>
#include <thread>

#include "common/clock.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

// "1h30m", "90s", "2m".
Result<std::chrono::nanoseconds> ParseDuration(std::string_view text) {
  const std::string_view whole = text;
  std::chrono::nanoseconds total{0};
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    double seconds = 0;
    size_t length = 1;
    if (text.starts_with("ms")) {
      seconds = 0.001;
      length = 2;
    } else if (text.starts_with('s')) {
      seconds = 1;
    } else if (text.starts_with('m')) {
      seconds = 60;
    } else if (text.starts_with('h')) {
      seconds = 3600;
    } else if (text.starts_with('d')) {
      seconds = 86'400;
    }
    if (error != std::errc() || seconds == 0)
      return MakeError(ErrorCode::kInvalid,
                       "\"{}\" is neither a time (2026-01-02T03:04:05Z) nor a while (10m, 1h30m)", whole);
    text.remove_prefix(length);
    total += std::chrono::nanoseconds(static_cast<int64_t>(number * seconds * 1e9));
  }
  return total;
}

// Lines of one container, whole even when several threads print.
class LinePrinter {
 public:
  LinePrinter(const LogPrintOptions& options, std::string prefix)
      : options_(options), prefix_(std::move(prefix)) {}

  void operator()(const std::string& time, const std::string& stream, std::string_view text) const {
    if (!options_.until.empty() && time > options_.until) return;
    std::string line;
    if (options_.read.timestamps) line += time + " ";
    line += prefix_;
    line += text;
    line += '\n';
    FILE* out = stream == "stderr" ? stderr : stdout;
    if (out == stderr) FlushOutput();  // the order of lines, where both go to one place
    std::fwrite(line.data(), 1, line.size(), out);  // stdio locks the stream
    if (options_.read.follow) std::fflush(out);
  }

 private:
  const LogPrintOptions& options_;
  std::string prefix_;
};

Result<> Follow(const Context& context, const std::vector<LogSource>& sources,
                const LogPrintOptions& options) {
  std::mutex mutex;
  Result<> first_error;
  std::vector<std::thread> threads;
  for (const LogSource& source : sources) {
    threads.emplace_back([&, source] {
      Context own(context.options());  // an engine belongs to one thread
      const auto engine = own.Engine();
      const LinePrinter print(options, source.name + " ");
      const Result<> done =
          engine ? (*engine)->ReadLogs(source.id, options.read, print) : Result<>(engine.error());
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
  ASSIGN_OR_RETURN(const std::chrono::nanoseconds age, ParseDuration(text));
  return common::FormatTime(common::Now() - age, true);
}

Result<> PrintLogs(Context& context, const std::vector<LogSource>& sources, const LogPrintOptions& options) {
  FlushOutput();
  if (options.read.follow && sources.size() > 1) return Follow(context, sources, options);
  ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
  for (const LogSource& source : sources) {
    const std::string prefix = options.names || sources.size() > 1 ? source.name + " " : "";
    TRY(engine->ReadLogs(source.id, options.read, LinePrinter(options, prefix)));
  }
  return {};
}

}  // namespace skiff::cli
