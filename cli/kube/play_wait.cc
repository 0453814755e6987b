#include "cli/kube/play_wait.h"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <set>
#include <thread>

#include "cli/command.h"
#include "cli/interrupts.h"
#include "cli/kube/kubectl_command.h"
#include "cli/kube/manifest_input.h"
#include "cli/log_follower.h"
#include "kube/play/object_key.h"
#include "kube/play/plan.h"
#include "kube/play/readiness.h"
#include "kube/view/pod_status.h"
#include "pod/state/state_watch.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;
using std::chrono::steady_clock;

namespace {

constexpr int kSignalled = 128;
constexpr int kLookMs = 100;
constexpr std::chrono::seconds kEndOfPlay{10};

class PlayWaiter {
 public:
  PlayWaiter(Context& context, const std::vector<kube::Object>& objects, const PlayWaitOptions& options)
      : context_(context), own_(context.options()), objects_(objects), options_(options) {}

  Result<int> Run(const std::function<int(const std::atomic<bool>&)>& play) {
    ASSIGN_OR_RETURN(const common::SystemPaths paths, own_.Paths());
    ASSIGN_OR_RETURN(pod::StateWatch watch, pod::StateWatch::Open(paths));
    ASSIGN_OR_RETURN(engine_, own_.Engine());
    TRY(interrupts_.Start());
    ASSIGN_OR_RETURN(const std::vector<pod::PodInfo> before, Pods());
    for (const pod::PodInfo& pod : before) known_before_.insert(pod.id);
    if (options_.show_logs) follower_.emplace(context_, pod::LogOptions{});
    player_ = std::thread([this, &play] {
      play_code_ = play(given_up_);
      played_ = true;
      interrupts_.Wake();
    });
    const Result<int> code = Loop(watch);
    if (!code) PrintError(code.error());
    // Whoever still follows logs or plays has no end of its own.
    if (player_.joinable() || (!code && follower_)) Leave(code ? *code : kExitFailure);
    return code ? *code : kExitFailure;
  }

 private:
  [[noreturn]] static void Leave(int code) {
    FlushOutput();
    std::_Exit(code);
  }

  Result<int> Loop(pod::StateWatch& watch) {
    for (;;) {
      const bool played = played_;  // before the look at the pods
      ASSIGN_OR_RETURN(const std::vector<pod::PodInfo> pods, Pods());
      Follow(pods);
      if (played && player_.joinable()) {
        player_.join();
        if (play_code_ != 0 && follower_) Leave(play_code_);  // what could be started goes on
        if (play_code_ != 0) return play_code_;
      }
      StartClock(played, pods);
      if (played && Reached(pods)) return Finish(pods);
      if (played && options_.mode == PlayWait::kReady && HasFailed(pods))
        return TellNotReady(pods, "a pod has failed");
      ASSIGN_OR_RETURN(const bool in_time, watch.Wait(deadline_, interrupts_.fd()));
      const int signal = interrupts_.Take();
      if (signal != 0 && signal != Interrupts::kWoken) return Interrupted(signal);
      if (in_time) continue;
      ASSIGN_OR_RETURN(const std::vector<pod::PodInfo> late, Pods());
      if (played_ && Reached(late)) return Finish(late);
      return TimedOut(late);
    }
  }

  // Not while images are fetched. But play itself waits for init containers, for as long as they take.
  void StartClock(bool played, const std::vector<pod::PodInfo>& pods) {
    if (started_) return;
    started_ = played || std::any_of(pods.begin(), pods.end(), [&](const pod::PodInfo& pod) {
      return pod.status.state != "created" && !known_before_.contains(pod.id);
    });
    if (started_ && options_.timeout) deadline_ = steady_clock::now() + *options_.timeout;
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

  // Play waits for init containers, with its objects still to be stored. Nobody waits for its images.
  void EndPlay() {
    if (!player_.joinable() || !started_) return;
    *options_.leave_starts = true;
    const auto until = steady_clock::now() + kEndOfPlay;
    while (!played_ && steady_clock::now() < until) ::poll(nullptr, 0, kLookMs);
    if (played_) player_.join();
  }

  Result<int> TimedOut(const std::vector<pod::PodInfo>& pods) {
    if (options_.mode != PlayWait::kForeground) EndPlay();
    if (options_.mode == PlayWait::kReady)
      return TellNotReady(pods, "timed out waiting for the pods to be ready");
    const auto running =
        std::count_if(pods.begin(), pods.end(), [](const pod::PodInfo& pod) { return !kube::IsOver(pod); });
    PrintError(MakeError(ErrorCode::kTimeout, "timed out waiting for {} pod{} to end", running,
                         running == 1 ? "" : "s"));
    for (const pod::PodInfo& pod : pods) TellNotEnded(pod);
    if (options_.mode == PlayWait::kForeground) TRY(TakeDownNow());
    Leave(kExitFailure);
  }

  static void TellNotEnded(const pod::PodInfo& pod) {
    if (kube::IsOver(pod)) return;
    PrintErrorLine(fmt::format("  pod {}:", pod.name));
    for (const pod::ContainerInfo& container : pod.containers) {
      const supervisor::ContainerStatus& status = container.status;
      if (status.state == "running") PrintErrorLine(fmt::format("    container {} is running", container.spec.name));
      if (status.state == "waiting")
        PrintErrorLine(fmt::format("    container {} is waiting{}", container.spec.name,
                                   status.reason.empty() ? "" : ": " + status.reason));
    }
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
    if (options_.mode == PlayWait::kReady) {  // they go on starting
      EndPlay();
      return kSignalled + signal;
    }
    return TakeDownNow();
  }

  // In order; a second interrupt meanwhile ends the containers at once, a third one ends us.
  Result<int> TakeDownNow() {
    if (!options_.quiet) PrintErrorLine("Taking down; once more ends it at once");
    std::atomic<bool> done = false;
    std::thread impatience([&] {
      int interrupts = 0;
      while (!done) {
        pollfd fd{interrupts_.fd(), POLLIN, 0};
        if (::poll(&fd, 1, kLookMs) <= 0) continue;
        const int signal = interrupts_.Take();
        if (signal == 0 || signal == Interrupts::kWoken) continue;
        if (++interrupts > 1) Leave(kSignalled + signal);
        KillAll();
      }
    });
    StopStarting();
    const Result<int> code = TakeDown(context_, objects_, options_.force, options_.quiet);
    done = true;
    impatience.join();
    if (follower_) TRY(follower_->Join());
    return code;
  }

  // Play may just be waiting for an init container: it gives up when the pod is stopped.
  void StopStarting() {
    given_up_ = true;
    while (!played_) {
      std::vector<std::string> ids;
      if (const auto pods = Pods())
        for (const pod::PodInfo& pod : *pods) ids.push_back(pod.id);
      own_.ForEachAtOnce(ids, [](Context& own, const std::string& id) -> Result<std::string> {
        ASSIGN_OR_RETURN(pod::Engine * engine, own.Engine());
        (void)engine->StopPod(id).has_value();  // tried again, and removed at the end
        return std::string();
      });
      if (!played_) ::poll(nullptr, 0, kLookMs);
    }
    if (player_.joinable()) player_.join();
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

  Context& context_;  // of the one who plays
  Context own_;
  const std::vector<kube::Object>& objects_;
  const PlayWaitOptions& options_;
  std::optional<steady_clock::time_point> deadline_;
  std::set<std::string> known_before_;  // ids of pods
  bool started_ = false;                // one of ours
  pod::Engine* engine_ = nullptr;
  Interrupts interrupts_;
  std::thread player_;
  std::atomic<bool> played_ = false, given_up_ = false;
  int play_code_ = 0;  // once played_
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

Result<int> PlayAndWait(Context& context, const std::vector<kube::Object>& objects,
                        const PlayWaitOptions& options,
                        const std::function<int(const std::atomic<bool>& given_up)>& play) {
  return PlayWaiter(context, objects, options).Run(play);
}

}  // namespace skiff::cli
