// What `kube play --wait` does once everything has been started.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "common/result.h"
#include "kube/types/object.h"

namespace skiff::cli {

enum class PlayWait {
  kNone,
  kForeground,  // --wait: until all pods have ended or Ctrl-C, then everything is taken down (podman's
                // meaning)
  kReady,       // --wait=ready: until all pods are ready; they go on running
  kComplete,    // --wait=complete: until all pods have ended; nothing is taken down unless Ctrl-C asks for it
};
// "" is none. kInvalid: another word.
common::Result<PlayWait> ParsePlayWait(const std::string& text);

struct PlayWaitOptions {
  PlayWait mode = PlayWait::kNone;
  std::optional<std::chrono::nanoseconds> timeout;  // absent: no limit
  bool show_logs = false;
  bool quiet = false;
  bool force = false;  // taking down removes the volumes of claims, too
};

// The exit code: 0, or that of the first container that failed (foreground and complete); kExitFailure with a
// word about each container that is not ready when the time is up or a pod has failed (ready).
common::Result<int> WaitForPlay(Context& context, const std::vector<kube::Object>& objects,
                                const PlayWaitOptions& options);

}  // namespace skiff::cli
