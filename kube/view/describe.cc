#include "kube/view/describe.h"

#include <ctime>

#include "common/base64.h"
#include "kube/translate/value_access.h"
#include "kube/view/columns.h"
#include "kube/view/pod_status.h"
#include "kube/view/table.h"

namespace skiff::kube {
namespace {

using common::WallTime;

constexpr size_t kPadding = 2;
constexpr char kNone[] = "<none>";

std::string OrNone(const std::string& text) { return text.empty() ? kNone : text; }

void DescribeConditions(Description& out, const Value& object, bool with_reason) {
  const auto& conditions = At(object, "status.conditions").items();
  if (conditions.empty()) return;
  out.Line("Conditions:");
  out.Line(with_reason ? "  Type\tStatus\tReason" : "  Type\tStatus");
  if (with_reason) out.Line("  ----\t------\t------");
  for (const Value& condition : conditions) {
    std::string line = fmt::format("  {}\t{}", TextAt(condition, "type"), TextAt(condition, "status"));
    if (with_reason) line += "\t" + TextAt(condition, "reason");
    out.Line(line);
  }
}

std::string OwnerText(const Value& object) {
  for (const Value& owner : At(object, "metadata.ownerReferences").items())
    if (BoolAt(owner, "controller")) return TextAt(owner, "kind") + "/" + TextAt(owner, "name");
  return "";
}

// kubectl's table: a gate and what the condition of its name says.
void DescribeGates(Description& out, const Value& pod) {
  const auto& gates = At(pod, "spec.readinessGates").items();
  if (gates.empty()) return;
  out.Line("Readiness Gates:");
  out.Line("  Type\tStatus");
  for (const Value& gate : gates) {
    const std::string& type = TextAt(gate, "conditionType");
    const std::string status = ConditionStatus(pod, type);
    out.Line(fmt::format("  {}\t{}", type, status.empty() ? kNone : status));
  }
}

void DescribePod(Description& out, const Value& pod) {
  out.Field("Name", TextAt(pod, "metadata.name"));
  out.Field("Namespace", TextAt(pod, "metadata.namespace"));
  out.Field("Priority", std::to_string(IntAt(pod, "spec.priority")));
  const std::string& account = TextAt(pod, "spec.serviceAccountName");
  out.Field("Service Account", account.empty() ? "default" : account);
  const std::string& host_ip = TextAt(pod, "status.hostIP");
  out.Field("Node", OrNone(TextAt(pod, "spec.nodeName")) + (host_ip.empty() ? "" : "/" + host_ip));
  out.Field("Start Time", LongTime(TextAt(pod, "status.startTime")));
  out.Map("Labels", At(pod, "metadata.labels"));
  out.Map("Annotations", At(pod, "metadata.annotations"), ": ");
  if (const std::string& deleted = TextAt(pod, "metadata.deletionTimestamp"); !deleted.empty()) {
    out.Field("Status", "Terminating");
    out.Field("Termination Grace Period",
              fmt::format("{}s", IntAt(pod, "metadata.deletionGracePeriodSeconds")));
  } else {
    out.Field("Status", TextAt(pod, "status.phase"));
  }
  if (const std::string& reason = TextAt(pod, "status.reason"); !reason.empty()) out.Field("Reason", reason);
  if (const std::string& message = TextAt(pod, "status.message"); !message.empty())
    out.Field("Message", message);
  out.Field("IP", TextAt(pod, "status.podIP"));
  const auto& ips = At(pod, "status.podIPs").items();
  if (ips.empty())
    out.Field("IPs", kNone);
  else
    out.Line("IPs:");
  for (const Value& ip : ips) out.Field("IP", TextAt(ip, "ip"), 2);
  if (const std::string owner = OwnerText(pod); !owner.empty()) out.Field("Controlled By", owner);
  if (!At(pod, "spec.initContainers").items().empty())
    DescribeContainers(out, "Init Containers", At(pod, "spec.initContainers"),
                       At(pod, "status.initContainerStatuses"), 0);
  DescribeContainers(out, "Containers", At(pod, "spec.containers"), At(pod, "status.containerStatuses"), 0);
  DescribeGates(out, pod);
  DescribeConditions(out, pod, false);
  DescribeVolumes(out, At(pod, "spec.volumes"), 0);
  out.Field("QoS Class", TextAt(pod, "status.qosClass"));
  out.Map("Node-Selectors", At(pod, "spec.nodeSelector"));
}

std::string RollingUpdateText(const Value& deployment) {
  const auto limit = [&](const char* path) {
    const std::string& text = TextAt(deployment, std::string("spec.strategy.rollingUpdate.") + path);
    return text.empty() ? "25%" : text;
  };
  return fmt::format("{} max unavailable, {} max surge", limit("maxUnavailable"), limit("maxSurge"));
}

void DescribeDeployment(Description& out, const Value& deployment) {
  out.Field("Name", TextAt(deployment, "metadata.name"));
  out.Field("Namespace", TextAt(deployment, "metadata.namespace"));
  out.Field("CreationTimestamp", LongTime(TextAt(deployment, "metadata.creationTimestamp")));
  out.Map("Labels", At(deployment, "metadata.labels"));
  out.Map("Annotations", At(deployment, "metadata.annotations"), ": ");
  out.Field("Selector", OrNone(SelectorText(At(deployment, "spec.selector"))));
  const Value& status = At(deployment, "status");
  out.Field("Replicas", fmt::format("{} desired | {} updated | {} total | {} available | {} unavailable",
                                    IntAt(deployment, "spec.replicas", 1), IntAt(status, "updatedReplicas"),
                                    IntAt(status, "replicas"), IntAt(status, "availableReplicas"),
                                    IntAt(status, "unavailableReplicas")));
  const std::string& strategy = TextAt(deployment, "spec.strategy.type");
  out.Field("StrategyType", strategy.empty() ? "RollingUpdate" : strategy);
  out.Field("MinReadySeconds", std::to_string(IntAt(deployment, "spec.minReadySeconds")));
  if (strategy != "Recreate") out.Field("RollingUpdateStrategy", RollingUpdateText(deployment));
  out.Line("Pod Template:");
  const Value& pod = At(deployment, "spec.template");
  out.Map("Labels", At(pod, "metadata.labels"), "=", 2);
  if (!At(pod, "spec.initContainers").items().empty())
    DescribeContainers(out, "Init Containers", At(pod, "spec.initContainers"), Value(), 2);
  DescribeContainers(out, "Containers", At(pod, "spec.containers"), Value(), 2);
  DescribeVolumes(out, At(pod, "spec.volumes"), 2);
  DescribeConditions(out, deployment, true);
}

void DescribeConfigMap(Description& out, const Value& map) {
  out.Metadata(map);
  out.Line("\nData\n====");
  const Value sorted = SortedKeys(At(map, "data"));
  for (const Value::Entry& entry : sorted.entries())
    out.Line(fmt::format("{}:\n----\n{}\n", entry.key, entry.value.text()));
  out.Line("\nBinaryData\n====");
  const Value binary = SortedKeys(At(map, "binaryData"));
  for (const Value::Entry& entry : binary.entries()) {
    const auto data = common::DecodeBase64(entry.value.text());
    out.Line(fmt::format("{}: {} bytes", entry.key, data ? data->size() : 0));
  }
  out.Line("");
}

// Their contents are nobody's business here.
void DescribeSecret(Description& out, const Value& secret) {
  out.Metadata(secret);
  const std::string& type = TextAt(secret, "type");
  out.Line("");
  out.Field("Type", type.empty() ? "Opaque" : type);
  out.Line("\nData\n====");
  const Value sorted = SortedKeys(At(secret, "data"));
  for (const Value::Entry& entry : sorted.entries()) {
    const auto data = common::DecodeBase64(entry.value.text());
    out.Line(fmt::format("{}:\t{} bytes", entry.key, data ? data->size() : 0));
  }
}

void DescribeClaim(Description& out, const Value& claim, WallTime now) {
  out.Field("Name", TextAt(claim, "metadata.name"));
  out.Field("Namespace", TextAt(claim, "metadata.namespace"));
  const std::string& mode = TextAt(claim, "spec.volumeMode");
  out.Field("StorageClass", TextAt(claim, "spec.storageClassName"));
  out.Field("Status", TextAt(claim, "status.phase"));
  out.Field("Volume", TextAt(claim, "spec.volumeName"));
  out.Map("Labels", At(claim, "metadata.labels"));
  out.Map("Annotations", At(claim, "metadata.annotations"), ": ");
  out.Field("Capacity", TextAt(claim, "status.capacity.storage"));
  for (const Column& column : ColumnsOf("PersistentVolumeClaim"))
    if (column.heading == "ACCESS MODES") out.Field("Access Modes", column.cell(claim, now));
  out.Field("VolumeMode", mode.empty() ? "Filesystem" : mode);
}

// What has no layout of its own, member by member.
void DescribeMembers(Description& out, const Value& map, int indent) {
  for (const Value::Entry& entry : map.entries()) {
    const Value& value = entry.value;
    if (value.is(Value::Kind::kMap) && !value.entries().empty()) {
      out.Line(std::string(static_cast<size_t>(indent), ' ') + entry.key + ":");
      DescribeMembers(out, value, indent + 2);
    } else {
      const bool collection = value.is(Value::Kind::kMap) || value.is(Value::Kind::kList);
      out.Field(entry.key, collection ? value.ToJson() : value.text(), indent);
    }
  }
}

}  // namespace

void Description::Field(std::string_view name, const std::string& value, int indent) {
  std::string line(static_cast<size_t>(indent), ' ');
  line.append(name).append(":\t");
  for (const char c : value) {
    line += c;
    if (c == '\n') line += std::string(static_cast<size_t>(indent), ' ') + "\t";
  }
  Line(line);
}

void Description::Map(std::string_view name, const Value& map, std::string_view separator, int indent) {
  std::string text;
  const Value sorted = SortedKeys(map);
  for (const Value::Entry& entry : sorted.entries()) {
    text.append(text.empty() ? "" : "\n").append(entry.key).append(separator).append(entry.value.text());
  }
  Field(name, OrNone(text), indent);
}

void Description::Metadata(const Value& object) {
  Field("Name", TextAt(object, "metadata.name"));
  Field("Namespace", TextAt(object, "metadata.namespace"));
  Map("Labels", At(object, "metadata.labels"));
  Map("Annotations", At(object, "metadata.annotations"), ": ");
}

void Description::Events(const std::vector<Value>& events, WallTime now) {
  if (events.empty()) return Field("Events", kNone);
  Line("Events:");
  Line("  Type\tReason\tAge\tFrom\tMessage");
  Line("  ----\t------\t---\t----\t-------");
  for (const Value& event : events) {
    std::string age = AgeOf(TextAt(event, "lastTimestamp"), now);
    if (IntAt(event, "count") > 1)
      age +=
          fmt::format(" (x{} over {})", IntAt(event, "count"), AgeOf(TextAt(event, "firstTimestamp"), now));
    Line(fmt::format("  {}\t{}\t{}\t{}\t{}", TextAt(event, "type"), TextAt(event, "reason"), age,
                     TextAt(event, "source.component"), EventText(event)));
  }
}

std::string Description::Take() const { return AlignTabs(text_, kPadding); }

std::string LongTime(const std::string& rfc3339) {
  const auto time = common::ParseTime(rfc3339);
  if (!time) return "";
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(*time));
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &parts)};
}

std::string DescribeObject(const Value& object, const std::vector<Value>& events, WallTime now,
                           const std::vector<Value>& slices) {
  Description out;
  const std::string& kind = TextAt(object, "kind");
  if (kind == "Pod")
    DescribePod(out, object);
  else if (kind == "Deployment")
    DescribeDeployment(out, object);
  else if (kind == "ConfigMap")
    DescribeConfigMap(out, object);
  else if (kind == "Secret")
    DescribeSecret(out, object);
  else if (kind == "PersistentVolumeClaim")
    DescribeClaim(out, object, now);
  else if (kind == "Service")
    DescribeService(out, object, slices);
  else {
    out.Metadata(object);
    for (const Value::Entry& entry : object.entries()) {
      if (entry.key == "metadata" || !entry.value.is(Value::Kind::kMap)) continue;
      out.Line(std::string(1, static_cast<char>(std::toupper(static_cast<unsigned char>(entry.key[0])))) +
               entry.key.substr(1) + ":");
      DescribeMembers(out, entry.value, 2);
    }
  }
  if (kind != "Secret" && kind != "Event" && kind != "Namespace") out.Events(events, now);
  return out.Take();
}

}  // namespace skiff::kube
