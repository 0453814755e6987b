// events: what containers and pods did, in podman's words. There is no journal of them: the events are made
// of what is known of the pods that there are, so that those of removed ones are seen only by who is
// watching, and of a container's runs only the last two.
#include <algorithm>
#include <map>
#include <set>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/filter.h"
#include "cli/log_printer.h"
#include "cli/render/template.h"
#include "cli/render/units.h"
#include "common/clock.h"
#include "pod/state/state_watch.h"

namespace skiff::cli {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

namespace {

struct EngineEvent {
  std::string time;    // RFC 3339 with nanoseconds
  std::string type;    // container, pod
  std::string status;  // create, start, died, health_status, remove
  std::string id;
  std::string name;
  std::string image;
  std::string pod_id;
  std::string details;  // "exit code" or health
  std::map<std::string, std::string> labels;

  std::string Key() const { return time + type + status + id; }
  std::string Text(bool no_truncation) const {
    std::string time_text = time;
    std::replace(time_text.begin(), time_text.end(), 'T', ' ');
    if (time_text.ends_with('Z')) time_text.replace(time_text.size() - 1, 1, " +0000 UTC");
    std::string attributes;
    if (!image.empty()) attributes += "image=" + image + ", ";
    attributes += "name=" + name;
    if (!details.empty()) attributes += ", " + details;
    for (const auto& [key, value] : labels) attributes += ", " + key + "=" + value;
    return fmt::format("{} {} {} {} ({})", time_text, type, status, no_truncation ? id : ShortId(id),
                       attributes);
  }
};

class EventSource {
 public:
  // Everything that is known, in the order of time. What has vanished since the last call was removed.
  std::vector<EngineEvent> Collect(const std::vector<pod::PodInfo>& pods) {
    std::vector<EngineEvent> events;
    std::map<std::string, EngineEvent> now;
    for (const pod::PodInfo& pod : pods) {
      if (!pod.spec.implicit) AddPod(pod, events, now);
      for (const pod::ContainerInfo& container : pod.containers) AddContainer(pod, container, events, now);
    }
    for (auto& [id, event] : known_) {
      if (now.contains(id)) continue;
      event.time = common::FormatTime(common::Now(), true);
      events.push_back(event);
    }
    known_ = std::move(now);
    std::stable_sort(events.begin(), events.end(),
                     [](const EngineEvent& a, const EngineEvent& b) { return a.time < b.time; });
    return events;
  }

 private:
  static void AddPod(const pod::PodInfo& pod, std::vector<EngineEvent>& events,
                     std::map<std::string, EngineEvent>& now) {
    EngineEvent event{
        .type = "pod", .id = pod.id, .name = pod.name, .pod_id = pod.id, .labels = pod.spec.labels};
    const auto add = [&](const char* status, const std::string& time) {
      if (time.empty()) return;
      event.status = status;
      event.time = time;
      events.push_back(event);
    };
    add("create", pod.created);
    add("start", pod.status.started_at);
    add("stop", pod.status.state == "exited" ? pod.status.finished_at : "");
    event.status = "remove";
    now.emplace(pod.id, std::move(event));
  }

  static void AddContainer(const pod::PodInfo& pod, const pod::ContainerInfo& container,
                           std::vector<EngineEvent>& events, std::map<std::string, EngineEvent>& now) {
    const auto& status = container.status;
    EngineEvent event{.type = "container",
                      .id = container.id,
                      .name = container.name,
                      .image = container.image_name,
                      .pod_id = pod.spec.implicit ? "" : pod.id,
                      .labels = container.spec.labels};
    const auto add = [&](const char* what, const std::string& time, const std::string& details = "") {
      if (time.empty()) return;
      event.status = what;
      event.time = time;
      event.details = details;
      events.push_back(event);
    };
    const auto exit_text = [](int code) { return fmt::format("containerExitCode={}", code); };
    add("create", container.created);
    if (status.restart_count > 0) {
      add("start", status.last_started_at);
      add("died", status.last_finished_at, exit_text(status.last_exit_code));
    }
    add("start", status.started_at);
    if (status.state != "running") add("died", status.finished_at, exit_text(status.exit_code));
    event.status = "remove";
    event.details.clear();
    now.emplace(container.id, std::move(event));
  }

  std::map<std::string, EngineEvent> known_;  // by id: the event that its removal will be
};

class EventsCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.List("-f,--filter", filters_, "key=value", "container, event, image, label, pod or type");
    a.Value("--format", format_, "template",
            "json, or a Go template ({{.Time}} {{.Type}} {{.Status}} {{.ID}} {{.Name}} ...)");
    a.Value("--since", since_, "time", "Events since a time (RFC 3339) or for a while (10m)");
    a.Value("--until", until_, "time", "Events up to a time (RFC 3339) or for a while (10m)");
    a.Switch("--stream", stream_, "Go on and show new ones (default true)");
    a.Switch("--no-trunc", no_truncation_, "Do not shorten ids (default true)");
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const Filters filters,
                     Filters::Parse(filters_, {"container", "event", "image", "label", "pod", "type"}));
    std::optional<Template> parsed;
    if (!format_.empty() && format_ != "json") {
      ASSIGN_OR_RETURN(parsed, Template::Parse(format_));
    }
    const bool stream = stream_.value_or(true);
    // As podman: with a stream only what is new, unless --since says otherwise.
    std::string since = stream ? common::FormatTime(common::Now(), true) : "";
    if (!since_.empty()) {
      ASSIGN_OR_RETURN(since, ResolveTime(since_), "--since");
    }
    std::optional<common::WallTime> until;
    if (!until_.empty()) {
      ASSIGN_OR_RETURN(until, ResolveUntil(until_), "--until");
    }
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    ASSIGN_OR_RETURN(pod::StateWatch watch, pod::StateWatch::Open(paths));
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    const auto deadline =
        until ? std::optional(std::chrono::steady_clock::now() + (*until - common::Now())) : std::nullopt;
    const std::string end = until ? common::FormatTime(*until, true) : "";
    EventSource source;
    for (;;) {
      ASSIGN_OR_RETURN(const std::vector<pod::PodInfo> pods, engine->ListPods());
      for (const EngineEvent& event : source.Collect(pods)) {
        if (event.time < since || (!end.empty() && event.time > end) || !shown_.insert(event.Key()).second)
          continue;
        if (Matches(filters, event)) TRY(Show(event, parsed ? &*parsed : nullptr));
      }
      FlushOutput();
      if (!stream) return 0;
      ASSIGN_OR_RETURN(const bool again, watch.Wait(deadline));
      if (!again) return 0;
    }
  }

 private:
  // A span of time lies ahead here, as podman reads it for --until.
  static Result<common::WallTime> ResolveUntil(const std::string& text) {
    ASSIGN_OR_RETURN(const std::string resolved, ResolveTime(text));
    ASSIGN_OR_RETURN(const common::WallTime time, common::ParseTime(resolved));
    const bool absolute =
        common::ParseTime(text).has_value() || text.find_first_not_of("0123456789") == std::string::npos;
    if (absolute) return time;
    return common::Now() + (common::Now() - time);
  }

  static bool Matches(const Filters& filters, const EngineEvent& event) {
    const bool container = event.type == "container";
    const bool by_container = container && (filters.Matches("container", event.name) ||
                                            filters.MatchesPrefix("container", event.id));
    const bool by_pod = filters.Matches("pod", event.type == "pod" ? event.name : event.pod_id) ||
                        (!event.pod_id.empty() && filters.MatchesPrefix("pod", event.pod_id));
    return (!filters.Has("container") || by_container) && (!filters.Has("pod") || by_pod) &&
           filters.Matches("event", event.status) && filters.Matches("type", event.type) &&
           (!filters.Has("image") || (container && filters.MatchesPart("image", event.image))) &&
           filters.MatchesLabels(event.labels);
  }

  Result<> Show(const EngineEvent& event, const Template* parsed) const {
    const bool no_truncation = no_truncation_.value_or(true);
    if (format_.empty()) {
      PrintLine(event.Text(no_truncation));
      return {};
    }
    JsonBuilder b;
    JsonValue object = b.Object();
    const std::string id = no_truncation ? event.id : ShortId(event.id);
    b.Set(object, "ID", id);
    b.Set(object, "Image", event.image);
    b.Set(object, "Name", event.name);
    b.Set(object, "Status", event.status);
    b.Set(object, "Time", event.time);
    b.Set(object, "Type", event.type);
    b.Set(object, "PodID", event.pod_id);
    b.Set(object, "Attributes", b.StringMap(event.labels));
    if (parsed == nullptr) {
      PrintLine(common::ToJson(object));
      return {};
    }
    ASSIGN_OR_RETURN(const std::string text, parsed->Execute(object));
    PrintLine(text);
    return {};
  }

  std::vector<std::string> filters_;
  std::string format_, since_, until_;
  std::optional<bool> stream_, no_truncation_;
  std::set<std::string> shown_;
};

}  // namespace

std::unique_ptr<Command> MakeEvents() { return std::make_unique<EventsCommand>(); }

}  // namespace skiff::cli
