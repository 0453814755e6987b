// The launcher's side of a pod's start (protocol.h, channel 1): starts skiff-reaper and talks with its supervisor.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/file_lock.h"
#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/protocol.h"

namespace skiff::supervisor {

struct LaunchOptions {
  std::string reaper_program;
  std::string run_dir;  // holds plan.json
  bool adopt = false;   // reaper_start.h: the only event is "adopted" or "failed"
  std::vector<std::pair<std::string, int>> kept;  // sockets that hold published ports (held_port.h)
};

class Launcher {
 public:
  // Starts the pod's reaper (reaper_start.h).
  static common::Result<Launcher> Start(const LaunchOptions& options, const common::FileLock& lock);

  // The next event; waits without limit when `timeout` is absent. kTimeout; kUnavailable: the channel was closed without
  // a last event, the pod is taken down.
  common::Result<LaunchEvent> ReadEvent(std::optional<std::chrono::milliseconds> timeout = {});
  // The network is wired: the containers may start.
  common::Result<> SendNetworkReady();

  int fd() const { return channel_.get(); }  // for poll(2)

 private:
  explicit Launcher(common::UniqueFd channel) : channel_(std::move(channel)) {}
  common::UniqueFd channel_;
};

// The error of a "failed" event, with its code (kCommandNotFound, ...) and the container's name in front.
common::Error LaunchError(const LaunchEvent& event);

}  // namespace skiff::supervisor
