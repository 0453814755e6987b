// Engine: reading logs.
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "pod/context.h"
#include "pod/engine.h"
#include "pod/finder.h"
#include "pod/log/log_reader.h"
#include "pod/status_reader.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr int kLookAgainMs = 1000;  // the death of a reaper makes no event

// Wakes when a log grows, a run begins or the pod's status changes.
class ChangeWatch {
 public:
  static Result<ChangeWatch> Open(const std::string& log_directory, const std::string& run_directory) {
    ChangeWatch watch;
    watch.fd_.Reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!watch.fd_) return common::ErrnoError("inotify_init1");
    TRY(common::MakeDirectories(log_directory, 0750));
    if (::inotify_add_watch(watch.fd_.get(), log_directory.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0) {
      return common::ErrnoError("watch {}", log_directory);
    }
    // Gone when the pod does not run; the caller then finds that it has ended.
    ::inotify_add_watch(watch.fd_.get(), run_directory.c_str(), IN_MOVED_TO | IN_DELETE_SELF);
    return watch;
  }

  void Wait() const {
    pollfd poll_fd{fd_.get(), POLLIN, 0};
    ::poll(&poll_fd, 1, kLookAgainMs);
    char events[4096];
    while (::read(fd_.get(), events, sizeof(events)) > 0) {
    }
  }

 private:
  common::UniqueFd fd_;
};

// `run`: no later one is wanted.
Result<bool> HasEndedForGood(const Context& context, const ContainerRecord& container, std::optional<int> run) {
  ASSIGN_OR_RETURN(const auto pod, ReadPodStatus(context, container.pod_id));
  if (pod.state == "exited" || pod.state == "created") return true;
  const auto status = StatusOf(pod, container.id, container.spec.name);
  if (run && status.state != "running" && !status.started_at.empty()) return true;
  return (run && status.restart_count > *run) || (status.state == "exited" && status.final);
}

Result<std::optional<int>> RunToRead(const std::string& directory, const LogOptions& options,
                                     const ContainerRecord& container) {
  if (!options.previous && !options.latest) return std::optional<int>();
  ASSIGN_OR_RETURN(const auto newest, NewestRun(directory));
  if (!options.previous) return newest.value_or(0);
  if (!newest || *newest == 0) {
    return MakeError(ErrorCode::kNotFound, "previous run of container \"{}\" not found: it has not been restarted",
                     container.name);
  }
  return std::optional<int>(*newest - 1);
}

Result<std::string> NormalizedTime(const std::string& text) {
  if (text.empty()) return std::string();
  ASSIGN_OR_RETURN(const common::WallTime time, common::ParseTime(text), "since");
  return common::FormatTime(time, true);
}

}  // namespace

Result<> Engine::ReadLogs(const std::string& container_id, const LogOptions& options, const LogSink& line) {
  ASSIGN_OR_RETURN(const ContainerRecord container, RequireContainer(*impl_->store, container_id));
  if (container.spec.log_driver == "none") {
    return MakeError(ErrorCode::kUnsupported, "container {} keeps no log (--log-driver none)", container.name);
  }
  const PodLayout layout = impl_->Layout(container.pod_id);
  const std::string directory = layout.Logs(container.id);
  ASSIGN_OR_RETURN(const auto run, RunToRead(directory, options, container));
  ASSIGN_OR_RETURN(const std::string since, NormalizedTime(options.since));
  LogReader reader(directory, run, line, since);
  if (options.tail && *options.tail >= 0) TRY(reader.SkipToTail(static_cast<size_t>(*options.tail)));
  if (options.follow && !options.previous) {
    ASSIGN_OR_RETURN(const ChangeWatch watch, ChangeWatch::Open(directory, layout.run_dir()));
    for (;;) {
      // In this order: what was written before the end is read after it.
      ASSIGN_OR_RETURN(const bool ended, HasEndedForGood(*impl_, container, run));
      TRY(reader.Drain());
      if (ended || (options.enough && options.enough())) break;
      watch.Wait();
    }
  } else {
    TRY(reader.Drain());
  }
  reader.Finish();
  return {};
}

}  // namespace skiff::pod
