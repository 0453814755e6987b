// Further runs of this program, for what a command need not wait for before it goes on.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

#include "common/system_paths.h"

namespace skiff::pod {

class BackgroundCommands {
 public:
  explicit BackgroundCommands(const common::SystemPaths& paths) : paths_(paths) {}
  BackgroundCommands(const BackgroundCommands&) = delete;
  BackgroundCommands& operator=(const BackgroundCommands&) = delete;
  // Waits for them, so that their work is done when the command is; not after Leave.
  ~BackgroundCommands();

  // In a session of its own. False: it could not be started.
  bool Start(const std::string& hidden_command);
  // At most once.
  void StartOnce(const std::string& hidden_command);
  void Leave() { leave_ = true; }

 private:
  const common::SystemPaths& paths_;
  std::vector<pid_t> pids_;
  std::set<std::string> started_;
  bool leave_ = false;
};

}  // namespace skiff::pod
