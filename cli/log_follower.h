// The logs of many containers at once, as they are written, each line behind its container's name.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cli/context.h"
#include "cli/log_printer.h"
#include "common/result.h"

namespace skiff::cli {

// The name in a colour of its own where standard output is a terminal (and $NO_COLOR is not set).
std::string ColouredPrefix(const std::string& name, size_t number);

class LogFollower {
 public:
  LogFollower(const Context& context, pod::LogOptions options)
      : options_(context.options()), read_(std::move(options)) {
    read_.follow = true;
  }
  LogFollower(const LogFollower&) = delete;
  LogFollower& operator=(const LogFollower&) = delete;
  // Waits until every container that is followed has ended for good, or is gone.
  ~LogFollower() { (void)Join().has_value(); }

  // Those that are followed already stay so. Restarts of a container are followed, too.
  void Follow(const std::vector<LogSource>& sources);
  // As the destructor; the first error.
  common::Result<> Join();

 private:
  void Read(const LogSource& source, const std::string& prefix);

  GlobalOptions options_;
  pod::LogOptions read_;
  std::map<std::string, std::thread> threads_;  // by container id
  std::mutex mutex_;
  common::Result<> error_;
};

}  // namespace skiff::cli
