// The launcher's side of a pod's start (protocol.h, channel 1): starts skiff-reaper and talks with its supervisor.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/protocol.h"

namespace skiff::supervisor {

struct LaunchOptions {
  std::string reaper_program;
  std::string run_dir;         // holds plan.json
  std::vector<int> held_fds;   // sockets that reserve published ports: the reaper keeps copies as long as the pod lives
};

class Launcher {
 public:
  // Starts the reaper in a session of its own with /dev/null as standard streams; it is not our child.
  static common::Result<Launcher> Start(const LaunchOptions& options);

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
