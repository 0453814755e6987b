// events: what containers, pods, images and volumes did, in podman's words: what is known of the pods that there are, and the
// journal of the rest.
#include <algorithm>
#include <set>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/filter.h"
#include "cli/log_printer.h"
#include "cli/render/template.h"
#include "cli/render/units.h"
#include "common/clock.h"
#include "pod/engine_events.h"
#include "pod/state/journal.h"
#include "pod/state/state_watch.h"

namespace skiff::cli {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

namespace {

std::string KeyOf(const pod::EngineEvent& event) { return event.time + event.type + event.status + event.id + event.name; }

std::string TextOf(const pod::EngineEvent& event, bool no_truncation) {
  std::string time_text = event.time;
  std::replace(time_text.begin(), time_text.end(), 'T', ' ');
  if (time_text.ends_with('Z')) time_text.replace(time_text.size() - 1, 1, " +0000 UTC");
  const std::string id = no_truncation ? event.id : ShortId(event.id);
  if (event.type == "image") return fmt::format("{} image {} {} {}", time_text, event.status, id, event.name);
  if (event.type == "volume") return fmt::format("{} volume {} {}", time_text, event.status, event.name);
  std::string attributes;
  if (!event.image.empty()) attributes += "image=" + event.image + ", ";
  attributes += "name=" + event.name;
  if (!event.details.empty()) attributes += ", " + event.details;
  for (const auto& [key, value] : event.labels) attributes += ", " + key + "=" + value;
  return fmt::format("{} {} {} {} ({})", time_text, event.type, event.status, id, attributes);
}

class EventsCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.List("-f,--filter", filters_, "key=value", "container, event, image, label, pod, type or volume");
    a.Value("--format", format_, "template",
            "json, or a Go template ({{.Time}} {{.Type}} {{.Status}} {{.ID}} {{.Name}} ...)");
    a.Value("--since", since_, "time", "Events since a time (RFC 3339) or for a while (10m)");
    a.Value("--until", until_, "time", "Events up to a time (RFC 3339) or for a while (10m)");
    a.Switch("--stream", stream_, "Go on and show new ones (default true)");
    a.Switch("--no-trunc", no_truncation_, "Do not shorten ids (default true)");
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const Filters filters,
                     Filters::Parse(filters_, {"container", "event", "image", "label", "pod", "type", "volume"}));
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
    ASSIGN_OR_RETURN(pod::StateWatch watch, pod::StateWatch::Open(paths, true));
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    const auto deadline =
        until ? std::optional(std::chrono::steady_clock::now() + (*until - common::Now())) : std::nullopt;
    const std::string end = until ? common::FormatTime(*until, true) : "";
    pod::JournalReader journal(paths);
    for (;;) {
      ASSIGN_OR_RETURN(const std::vector<pod::EngineEvent> events, Collect(*engine, journal));
      for (const pod::EngineEvent& event : events) {
        if (event.time < since || (!end.empty() && event.time > end) || !shown_.insert(KeyOf(event)).second) continue;
        if (Matches(filters, event)) TRY(Show(event, parsed ? &*parsed : nullptr));
      }
      FlushOutput();
      if (!stream) return 0;
      ASSIGN_OR_RETURN(const bool again, watch.Wait(deadline));
      if (!again) return 0;
    }
  }

 private:
  // In the order of time. The pods first: one that is removed meanwhile is in the journal, and twice is once.
  static Result<std::vector<pod::EngineEvent>> Collect(pod::Engine& engine, pod::JournalReader& journal) {
    ASSIGN_OR_RETURN(const std::vector<pod::PodInfo> pods, engine.ListPods());
    ASSIGN_OR_RETURN(std::vector<pod::EngineEvent> events, journal.Next());
    std::erase_if(events, [](const pod::EngineEvent& event) { return event.type == pod::kKubeEventType; });
    for (const pod::PodInfo& pod : pods) {
      const std::vector<pod::EngineEvent> known = pod::EventsOf(pod);
      events.insert(events.end(), known.begin(), known.end());
    }
    std::ranges::stable_sort(events, {}, &pod::EngineEvent::time);
    return events;
  }

  // A span of time lies ahead here, as podman reads it for --until.
  static Result<common::WallTime> ResolveUntil(const std::string& text) {
    ASSIGN_OR_RETURN(const std::string resolved, ResolveTime(text));
    ASSIGN_OR_RETURN(const common::WallTime time, common::ParseTime(resolved));
    const bool absolute =
        common::ParseTime(text).has_value() || text.find_first_not_of("0123456789") == std::string::npos;
    if (absolute) return time;
    return common::Now() + (common::Now() - time);
  }

  static bool Matches(const Filters& filters, const pod::EngineEvent& event) {
    const bool container = event.type == "container";
    const bool by_container = container && (filters.Matches("container", event.name) ||
                                            filters.MatchesPrefix("container", event.id));
    const bool by_pod = filters.Matches("pod", event.type == "pod" ? event.name : event.pod_id) ||
                        (!event.pod_id.empty() && filters.MatchesPrefix("pod", event.pod_id));
    const bool by_image = (container && filters.MatchesPart("image", event.image)) ||
                          (event.type == "image" && (filters.MatchesPart("image", event.name) || filters.MatchesPrefix("image", event.id)));
    const bool by_volume = event.type == "volume" && filters.Matches("volume", event.name);
    return (!filters.Has("container") || by_container) && (!filters.Has("pod") || by_pod) &&
           filters.Matches("event", event.status) && filters.Matches("type", event.type) &&
           (!filters.Has("image") || by_image) && (!filters.Has("volume") || by_volume) &&
           filters.MatchesLabels(event.labels);
  }

  Result<> Show(const pod::EngineEvent& event, const Template* parsed) const {
    const bool no_truncation = no_truncation_.value_or(true);
    if (format_.empty()) {
      PrintLine(TextOf(event, no_truncation));
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
