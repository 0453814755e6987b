#include "cli/container_view.h"

#include <algorithm>

#include "cli/pod_view.h"
#include "cli/notation/ports.h"
#include "cli/notation/text.h"
#include "cli/render/units.h"
#include "cli/suggest.h"

namespace skiff::cli {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

namespace {

constexpr size_t kCommandWidth = 17;  // characters shown before "..."

std::string CommandText(const pod::ContainerInfo& container, bool no_truncation) {
  std::string text = Join(container.command, " ");
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (!no_truncation && text.size() > kCommandWidth + 3) text = text.substr(0, kCommandWidth) + "...";
  return text;
}

std::string LabelsText(const std::map<std::string, std::string>& labels) {
  std::string text;
  for (const auto& [key, value] : labels) text += fmt::format("{}{}={}", text.empty() ? "" : ",", key, value);
  return text;
}

// Docker's way for times: "2026-01-02 03:04:05.123 +0000 UTC".
std::string TimeText(const std::string& rfc3339) {
  std::string text = rfc3339;
  std::replace(text.begin(), text.end(), 'T', ' ');
  if (text.ends_with('Z')) text.replace(text.size() - 1, 1, " +0000 UTC");
  return text;
}

// Of a container that waits: its next run is being made already, so that the run before is the last one.
bool NextRunHasBegun(const supervisor::ContainerStatus& status) {
  return status.state == "waiting" && status.finished_at.empty() && status.restart_count > 0;
}

}  // namespace

std::string EngineState(const supervisor::ContainerStatus& status) {
  if (status.state != "waiting") return status.state;
  return status.finished_at.empty() && status.restart_count == 0 ? "created" : "restarting";
}

int LastExitCode(const supervisor::ContainerStatus& status) {
  return NextRunHasBegun(status) ? status.last_exit_code : status.exit_code;
}

bool ContainerView::Runs() const {
  return container->status.state == "running" || container->status.state == "waiting";
}

std::string ContainerView::State() const {
  return EngineState(container->status);
}

std::string ContainerView::Status() const {
  const auto& status = container->status;
  const std::string health = status.health.empty() ? "" : fmt::format(" ({})", status.health);
  if (status.state == "running") return "Up " + HumanSince(status.started_at) + health;
  if (State() == "restarting")
    return fmt::format("Restarting ({}) {}", LastExitCode(status),
                       HumanSince(NextRunHasBegun(status) ? status.last_finished_at : status.finished_at));
  if (status.state == "exited")
    return fmt::format("Exited ({}) {}", status.exit_code, HumanSince(status.finished_at));
  return "Created";
}

std::vector<pod::PortMapping> PodPorts(const pod::PodInfo& pod) {
  std::vector<pod::PortMapping> ports = pod.spec.ports;
  for (const pod::ContainerInfo& container : pod.containers)
    ports.insert(ports.end(), container.spec.ports.begin(), container.spec.ports.end());
  std::erase_if(ports, [](const pod::PortMapping& port) { return port.host_port == 0; });
  return ports;
}

std::vector<pod::PortMapping> ContainerView::Ports() const { return PodPorts(*pod); }

std::vector<std::string> ContainerView::Networks() const { return PodNetworks(*pod); }

std::vector<std::string> ContainerView::MountPaths() const {
  std::vector<std::string> paths;
  for (const pod::VolumeMount& mount : container->spec.mounts) paths.push_back(mount.path);
  for (const pod::TmpfsMount& mount : container->spec.tmpfs) paths.push_back(mount.path);
  return paths;
}

std::vector<ContainerView> MakeContainerViews(const std::vector<pod::PodInfo>& pods) {
  std::vector<ContainerView> views;
  for (const pod::PodInfo& pod : pods)
    for (const pod::ContainerInfo& container : pod.containers) views.push_back({&pod, &container});
  return views;
}

JsonValue ContainerJson(const ContainerView& view, JsonBuilder& b) {
  const pod::ContainerInfo& container = *view.container;
  const auto& status = container.status;
  JsonValue object = b.Object();
  b.Set(object, "AutoRemove", container.spec.auto_remove);
  b.Set(object, "Command", b.Strings(container.command));
  b.Set(object, "CreatedAt", HumanSince(container.created));
  b.Set(object, "Exited", status.state == "exited");
  b.Set(object, "ExitedAt", UnixSeconds(status.finished_at));
  b.Set(object, "ExitCode", LastExitCode(status));
  b.Set(object, "Id", container.id);
  b.Set(object, "Image", container.image_name);
  b.Set(object, "ImageID", container.image_id);
  b.Set(object, "IsInfra", false);
  b.Set(object, "Labels", b.StringMap(container.spec.labels));
  b.Set(object, "Mounts", b.Strings(view.MountPaths()));
  JsonValue names = b.Array();
  b.Push(names, container.name);
  b.Set(object, "Names", std::move(names));
  b.Set(object, "Namespaces", b.Object());
  b.Set(object, "Networks", b.Strings(view.Networks()));
  b.Set(object, "Pid", status.pid);
  b.Set(object, "Pod", view.pod->spec.implicit ? "" : container.pod_id);
  b.Set(object, "PodName", view.pod->spec.implicit ? "" : container.pod_name);
  JsonValue ports = b.Array();
  for (const pod::PortMapping& port : view.Ports()) {
    JsonValue entry = b.Object();
    b.Set(entry, "host_ip", port.host_ip);
    b.Set(entry, "container_port", static_cast<int>(port.container_port));
    b.Set(entry, "host_port", static_cast<int>(port.host_port));
    b.Set(entry, "range", 1);
    b.Set(entry, "protocol", pod::EnumName(port.protocol));
    b.Push(ports, std::move(entry));
  }
  b.Set(object, "Ports", std::move(ports));
  b.Set(object, "Restarts", status.restart_count);
  b.Set(object, "Size", JsonValue());
  b.Set(object, "StartedAt", UnixSeconds(status.started_at));
  b.Set(object, "State", view.State());
  b.Set(object, "Status", view.Status());
  b.Set(object, "Created", UnixSeconds(container.created));
  return object;
}

JsonValue ContainerRow(const ContainerView& view, bool no_truncation, JsonBuilder& b) {
  const pod::ContainerInfo& container = *view.container;
  const auto id = [&](const std::string& full) { return no_truncation ? full : ShortId(full); };
  const bool in_pod = !view.pod->spec.implicit;
  JsonValue row = b.Object();
  b.Set(row, "ID", id(container.id));
  b.Set(row, "Id", container.id);
  b.Set(row, "Image", container.image_name);
  b.Set(row, "ImageID", id(container.image_id));
  b.Set(row, "Command", CommandText(container, no_truncation));
  b.Set(row, "CreatedHuman", HumanSince(container.created));
  b.Set(row, "RunningFor", HumanSince(container.created));
  b.Set(row, "Created", HumanSince(container.created));
  b.Set(row, "CreatedAt", TimeText(container.created));
  b.Set(row, "StartedAt", UnixSeconds(container.status.started_at));
  b.Set(row, "ExitedAt", UnixSeconds(container.status.finished_at));
  b.Set(row, "Status", view.Status());
  b.Set(row, "State", view.State());
  b.Set(row, "Exited", container.status.state == "exited");
  b.Set(row, "ExitCode", LastExitCode(container.status));
  b.Set(row, "Ports", PortsText(view.Ports()));
  b.Set(row, "Names", container.name);
  b.Set(row, "Pod", in_pod ? id(container.pod_id) : "");
  b.Set(row, "PodName", in_pod ? container.pod_name : "");
  b.Set(row, "Labels", b.StringMap(container.spec.labels));
  b.Set(row, "LabelsText", LabelsText(container.spec.labels));
  b.Set(row, "Mounts", Join(view.MountPaths(), ","));
  b.Set(row, "Networks", Join(view.Networks(), ","));
  b.Set(row, "Pid", container.status.pid);
  b.Set(row, "PID", container.status.pid);
  b.Set(row, "Restarts", container.status.restart_count);
  b.Set(row, "AutoRemove", container.spec.auto_remove);
  b.Set(row, "IsInfra", false);
  b.Set(row, "Size", "");  // not measured
  return row;
}

std::vector<std::string> ContainerFilterKeys() {
  return {"name",   "id",     "status",  "label",  "pod",  "ancestor",
          "exited", "volume", "network", "before", "since", "health"};
}

Result<std::vector<ContainerView>> FilterContainers(std::vector<ContainerView> views,
                                                    const Filters& filters) {
  const auto created = [&](const std::string& name) -> Result<std::string> {
    for (const ContainerView& view : views)
      if (view.container->name == name || view.container->id.starts_with(name))
        return view.container->created;
    return MakeError(ErrorCode::kNotFound, "no container with name or ID \"{}\" found", name);
  };
  std::string before;
  std::string since;
  for (const std::string& name : filters.Values("before")) {
    ASSIGN_OR_RETURN(before, created(name));
  }
  for (const std::string& name : filters.Values("since")) {
    ASSIGN_OR_RETURN(since, created(name));
  }
  const auto any = [&](const std::string& key, const std::vector<std::string>& texts) {
    if (!filters.Has(key)) return true;
    return std::any_of(texts.begin(), texts.end(),
                       [&](const std::string& text) { return filters.Matches(key, text); });
  };
  std::erase_if(views, [&](const ContainerView& view) {
    const pod::ContainerInfo& container = *view.container;
    std::vector<std::string> volumes = view.MountPaths();
    for (const pod::VolumeMount& mount : container.spec.mounts) volumes.push_back(mount.volume);
    const std::string image = container.image_name.substr(0, container.image_name.rfind(':'));
    const bool exited = container.status.state == "exited";
    const bool in_pod = !view.pod->spec.implicit;
    return !(filters.MatchesPart("name", container.name) && filters.MatchesPrefix("id", container.id) &&
             filters.Matches("status", view.State()) && filters.Matches("health", container.status.health) &&
             filters.MatchesLabels(container.spec.labels) &&
             (!filters.Has("exited") ||
              (exited && filters.Matches("exited", std::to_string(container.status.exit_code)))) &&
             (!filters.Has("pod") || (in_pod && (filters.Matches("pod", container.pod_name) ||
                                                 filters.MatchesPrefix("pod", container.pod_id)))) &&
             (filters.MatchesPrefix("ancestor", container.image_id) || filters.Matches("ancestor", image) ||
              filters.MatchesPart("ancestor", container.image_name)) &&
             any("volume", volumes) && any("network", view.Networks()) &&
             (before.empty() || container.created < before) && (since.empty() || container.created > since));
  });
  return views;
}

Result<> SortContainers(std::vector<ContainerView>& views, const std::string& key) {
  using Text = std::string (*)(const ContainerView&);
  static const std::map<std::string, Text> kKeys = {
      {"created", [](const ContainerView& view) { return view.container->created; }},
      {"id", [](const ContainerView& view) { return view.container->id; }},
      {"image", [](const ContainerView& view) { return view.container->image_name; }},
      {"names", [](const ContainerView& view) { return view.container->name; }},
      {"status", [](const ContainerView& view) { return view.State(); }},
      {"command", [](const ContainerView& view) { return Join(view.container->command, " "); }},
  };
  if (key.empty()) return {};
  const auto found = kKeys.find(key);
  if (found == kKeys.end())
    return MakeError(ErrorCode::kInvalid,
                     "invalid --sort \"{}\": write created, id, image, names, status or command", key);
  std::stable_sort(views.begin(), views.end(), [&](const ContainerView& a, const ContainerView& b) {
    return found->second(a) < found->second(b);
  });
  return {};
}

}  // namespace skiff::cli
