// What `kube play --wait` does besides playing.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "common/result.h"
#include "kube/model/types/object.h"

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
  // Set when nobody wants to wait for init containers any more: the one who plays goes on with its other work.
  std::shared_ptr<std::atomic<bool>> leave_starts = std::make_shared<std::atomic<bool>>(false);
};

// Calls `play`, which returns an exit code (its argument tells whether it was given up meanwhile, so that what fails then is
// no news), and waits beside it, so that logs are seen and an interrupt is
// heard while init containers run. The exit code: that of `play` if it failed, else 0 or that of the first
// container that failed (foreground and complete); kExitFailure with a word about each container that is not
// ready when the time is up or a pod has failed (ready).
common::Result<int> PlayAndWait(Context& context, const std::vector<kube::Object>& objects,
                                const PlayWaitOptions& options,
                                const std::function<int(const std::atomic<bool>& given_up)>& play);

}  // namespace skiff::cli
