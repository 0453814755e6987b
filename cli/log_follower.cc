#include "cli/log_follower.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace skiff::cli {

using common::Result;

std::string ColouredPrefix(const std::string& name, size_t number) {
  static const bool coloured = ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  if (!coloured) return name + " | ";
  constexpr std::array kColours = {36, 33, 32, 35, 34,
                                   96, 93, 92, 95, 94};  // none is red: that is for errors
  return fmt::format("\x1b[{}m{} |\x1b[0m ", kColours[number % kColours.size()], name);
}

void LogFollower::Follow(const std::vector<LogSource>& sources) {
  FlushOutput();
  for (const LogSource& source : sources) {
    if (threads_.contains(source.id)) continue;
    threads_.emplace(source.id, [this, source, prefix = ColouredPrefix(source.name, threads_.size())] {
      Read(source, prefix);
    });
  }
}

void LogFollower::Read(const LogSource& source, const std::string& prefix) {
  Context own(options_);  // an engine belongs to one thread
  const auto engine = own.Engine();
  const auto print = [&](const std::string& time, const std::string&, std::string_view text, bool) {
    std::string line = prefix;
    if (read_.timestamps) line += time + " ";
    line.append(text).append("\n");
    const std::lock_guard lock(mutex_);
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
  };
  const Result<> done = engine ? (*engine)->ReadLogs(source.id, read_, print) : Result<>(engine.error());
  // A container that was removed has no more lines; that is no error here.
  if (done || done.error().code() == common::ErrorCode::kNotFound) return;
  const std::lock_guard lock(mutex_);
  if (error_) error_ = done;
}

Result<> LogFollower::Join() {
  for (auto& [id, thread] : threads_)
    if (thread.joinable()) thread.join();
  return error_;
}

}  // namespace skiff::cli
