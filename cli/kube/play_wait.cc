#include "cli/kube/play_wait.h"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "cli/command.h"
#include "cli/interrupts.h"
#include "cli/kube/kubectl_command.h"
#include "cli/kube/manifest_input.h"
#include "cli/log_follower.h"
#include "kube/object_key.h"
#include "kube/plan.h"
#include "kube/pod_status.h"
#include "kube/readiness.h"
#include "pod/state_watch.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;
using std::chrono::steady_clock;

namespace {

constexpr int kSignalled = 128;

class PlayWaiter {
 public:
  PlayWaiter(Context& context, const std::vector<kube::Object>& objects, const PlayWaitOptions& options)
      : context_(context), objects_(objects), options_(options) {
    if (options.timeout) deadline_ = steady_clock::now() + *options.timeout;
  }

  Result<int> Run() {
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context_.Paths());
    ASSIGN_OR_RETURN(pod::StateWatch watch, pod::StateWatch::Open(paths));
    ASSIGN_OR_RETURN(engine_, context_.Engine());
    TRY(interrupts_.Start());
    if (options_.show_logs) follower_.emplace(context_, pod::LogOptions{});
    Result<int> code = Loop(watch);
    if (code || !follower_) return code;
    PrintError(code.error());
    Leave();
  }

 private:
  // Without waiting for the logs that are still being followed.
  [[noreturn]] static void Leave() {
    FlushOutput();
    std::_Exit(kExitFailure);
  }

  Result<int> Loop(pod::StateWatch& watch) {
    for (;;) {
      ASSIGN_OR_RETURN(const std::vector<pod::PodInfo> pods, Pods());
      Follow(pods);
      if (Reached(pods)) return Finish(pods);
      if (options_.mode == PlayWait::kReady && HasFailed(pods)) return TellNotReady(pods, "a pod has failed");
      ASSIGN_OR_RETURN(const bool in_time, watch.Wait(deadline_, interrupts_.fd()));
      if (const int signal = interrupts_.Take(); signal != 0) return Interrupted(signal);
      if (in_time) continue;
      ASSIGN_OR_RETURN(const std::vector<pod::PodInfo> late, Pods());
      if (Reached(late)) return Finish(late);
      return TimedOut(late);
    }
  }

  // Of the objects that were played; replicas that came later are among them.
  Result<std::vector<pod::PodInfo>> Pods() {
    ASSIGN_OR_RETURN(std::vector<pod::PodInfo> pods, engine_->ListPods());
    std::erase_if(pods, [&](const pod::PodInfo& pod) {
      return std::none_of(objects_.begin(), objects_.end(), [&](const kube::Object& object) {
        return kube::BelongsTo(pod, kube::KeyOf(object));
      });
    });
    return pods;
  }

  void Follow(const std::vector<pod::PodInfo>& pods) {
    if (!follower_) return;
    std::vector<LogSource> sources;
    for (const pod::PodInfo& pod : pods) {
      for (const pod::ContainerInfo& container : pod.containers)
        if (!container.status.started_at.empty()) sources.push_back({container.id, container.name});
    }
    follower_->Follow(sources);
  }

  bool Reached(const std::vector<pod::PodInfo>& pods) const {
    const auto reached = [&](const pod::PodInfo& pod) {
      if (options_.mode != PlayWait::kReady) return kube::IsOver(pod);
      return kube::IsReady(pod) || kube::PodPhase(pod) == "Succeeded";
    };
    return std::all_of(pods.begin(), pods.end(), reached);
  }

  static bool HasFailed(const std::vector<pod::PodInfo>& pods) {
    return std::any_of(pods.begin(), pods.end(),
                       [](const pod::PodInfo& pod) { return kube::PodPhase(pod) == "Failed"; });
  }

  Result<int> Finish(const std::vector<pod::PodInfo>& pods) {
    if (options_.mode == PlayWait::kReady) return 0;
    const int code = kube::FirstFailure(pods);
    if (follower_) TRY(follower_->Join());
    if (options_.mode == PlayWait::kComplete) return code;
    ASSIGN_OR_RETURN(const int down, TakeDownNow());
    return code != 0 ? code : down;
  }

  Result<int> TimedOut(const std::vector<pod::PodInfo>& pods) {
    if (options_.mode == PlayWait::kReady)
      return TellNotReady(pods, "timed out waiting for the pods to be ready");
    const auto running =
        std::count_if(pods.begin(), pods.end(), [](const pod::PodInfo& pod) { return !kube::IsOver(pod); });
    PrintError(MakeError(ErrorCode::kTimeout, "timed out waiting for {} pod{} to end", running,
                         running == 1 ? "" : "s"));
    if (options_.mode == PlayWait::kForeground) TRY(TakeDownNow());
    Leave();
  }

  static int TellNotReady(const std::vector<pod::PodInfo>& pods, std::string_view what) {
    PrintError(MakeError(ErrorCode::kTimeout, "{}", what));
    for (const pod::PodInfo& pod : pods) {
      if (kube::IsReady(pod) || kube::PodPhase(pod) == "Succeeded") continue;
      PrintErrorLine(fmt::format("  pod {}:", pod.name));
      for (const std::string& sentence : kube::WhyNotReady(pod)) PrintErrorLine("    " + sentence);
    }
    return kExitFailure;
  }

  Result<int> Interrupted(int signal) {
    if (options_.mode == PlayWait::kReady) return kSignalled + signal;  // they go on starting
    return TakeDownNow();
  }

  // In order; a second interrupt meanwhile ends the containers at once.
  Result<int> TakeDownNow() {
    if (!options_.quiet) PrintErrorLine("Taking down; once more ends it at once");
    std::atomic<bool> done = false;
    std::thread impatience([&] {
      while (!done) {
        pollfd fd{interrupts_.fd(), POLLIN, 0};
        constexpr int kLookMs = 100;
        if (::poll(&fd, 1, kLookMs) > 0 && interrupts_.Take() != 0) KillAll();
      }
    });
    const Result<int> code = TakeDown(context_, objects_, options_.force, options_.quiet);
    done = true;
    impatience.join();
    if (follower_) TRY(follower_->Join());
    return code;
  }

  void KillAll() {
    Context own(context_.options());
    const auto engine = own.Engine();
    if (!engine) return;
    const auto pods = (*engine)->ListPods();
    if (!pods) return;
    for (const pod::PodInfo& pod : *pods) {
      const bool ours = std::any_of(objects_.begin(), objects_.end(), [&](const kube::Object& object) {
        return kube::BelongsTo(pod, kube::KeyOf(object));
      });
      // One that has ended in the meantime needs no killing.
      if (ours) (void)(*engine)->KillPod(pod.id, SIGKILL).has_value();
    }
  }

  Context& context_;
  const std::vector<kube::Object>& objects_;
  const PlayWaitOptions& options_;
  std::optional<steady_clock::time_point> deadline_;
  pod::Engine* engine_ = nullptr;
  Interrupts interrupts_;
  std::optional<LogFollower> follower_;
};

}  // namespace

Result<PlayWait> ParsePlayWait(const std::string& text) {
  if (text.empty() || text == "false") return PlayWait::kNone;
  if (text == "true") return PlayWait::kForeground;
  if (text == "ready") return PlayWait::kReady;
  if (text == "complete") return PlayWait::kComplete;
  return MakeError(ErrorCode::kInvalid, "--wait={}: write --wait, --wait=ready or --wait=complete", text);
}

Result<int> WaitForPlay(Context& context, const std::vector<kube::Object>& objects,
                        const PlayWaitOptions& options) {
  return PlayWaiter(context, objects, options).Run();
}

}  // namespace skiff::cli
