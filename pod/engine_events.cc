#include "pod/engine_events.h"

#include <tuple>

#include <fmt/format.h>

#include "common/clock.h"

namespace skiff::pod {
namespace {

constexpr std::chrono::hours kKubeEventsKept{1};

// Several events of one thing.
class History {
 public:
  explicit History(EngineEvent about) : about_(std::move(about)) {}

  // An empty time: it has not happened.
  void Add(const char* status, const std::string& time, const std::string& details = "") {
    if (time.empty()) return;
    about_.status = status;
    about_.time = time;
    about_.details = details;
    events_.push_back(about_);
  }

  std::vector<EngineEvent> Take() { return std::move(events_); }

 private:
  EngineEvent about_;
  std::vector<EngineEvent> events_;
};

EngineEvent About(const PodInfo& pod) {
  return {.type = "pod", .id = pod.id, .name = pod.name, .pod_id = pod.id, .labels = pod.spec.labels};
}

EngineEvent About(const PodInfo& pod, const ContainerInfo& container) {
  return {.type = "container",
          .id = container.id,
          .name = container.name,
          .image = container.image_name,
          .pod_id = pod.spec.implicit ? "" : pod.id,
          .labels = container.spec.labels};
}

// Its time is that of the writing.
EngineEvent Removed(EngineEvent about) {
  about.status = "remove";
  return about;
}

std::string ExitText(int code) { return fmt::format("containerExitCode={}", code); }

void Append(std::vector<EngineEvent>& all, std::vector<EngineEvent> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

std::vector<EngineEvent> EventsOf(const PodInfo& pod, const ContainerInfo& container) {
  const supervisor::ContainerStatus& status = container.status;
  History history(About(pod, container));
  history.Add("create", container.created);
  if (status.restart_count > 0) {
    history.Add("start", status.last_started_at);
    history.Add("died", status.last_finished_at, ExitText(status.last_exit_code));
  }
  history.Add("start", status.started_at);
  if (status.state != "running") history.Add("died", status.finished_at, ExitText(status.exit_code));
  return history.Take();
}

std::vector<EngineEvent> EventsOf(const PodInfo& pod) {
  std::vector<EngineEvent> events;
  if (!pod.spec.implicit) {
    History history(About(pod));
    history.Add("create", pod.created);
    history.Add("start", pod.status.started_at);
    if (pod.status.state == "exited") history.Add("stop", pod.status.finished_at);
    events = history.Take();
  }
  for (const ContainerInfo& container : pod.containers) Append(events, EventsOf(pod, container));
  return events;
}

void RecordRemoval(const common::SystemPaths& paths, const PodInfo& pod, const ContainerInfo& container) {
  std::vector<EngineEvent> events = EventsOf(pod, container);
  events.push_back(Removed(About(pod, container)));
  std::ignore = AppendToJournal(paths, std::move(events));
}

void RecordRemoval(const common::SystemPaths& paths, const PodInfo& pod, const std::vector<PodEvent>& kube_events) {
  std::vector<EngineEvent> events = EventsOf(pod);
  for (const PodEvent& event : kube_events)
    events.push_back({.time = event.time,
                      .type = kKubeEventType,
                      .name = pod.spec.name,
                      .kube = KubeEvent{pod.spec.kube_namespace, pod.spec.uid, event}});
  for (const ContainerInfo& container : pod.containers) events.push_back(Removed(About(pod, container)));
  if (!pod.spec.implicit) events.push_back(Removed(About(pod)));
  std::ignore = AppendToJournal(paths, std::move(events));
}

common::Result<std::vector<EngineEvent>> GonePodEvents::Read() {
  ASSIGN_OR_RETURN(std::vector<EngineEvent> news, journal_.Next());
  std::erase_if(news, [](const EngineEvent& event) { return event.type != kKubeEventType || !event.kube; });
  Append(events_, std::move(news));
  const std::string oldest = common::FormatTime(common::Now() - kKubeEventsKept, true);
  std::erase_if(events_, [&](const EngineEvent& event) { return event.time < oldest; });
  return events_;
}

}  // namespace skiff::pod
