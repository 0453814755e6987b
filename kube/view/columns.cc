#include "kube/view/columns.h"

#include <algorithm>
#include <array>

#include "kube/translate/value_access.h"
#include "kube/view/pod_status.h"

namespace skiff::kube {
namespace {

using common::WallTime;

constexpr char kNone[] = "<none>";

std::string OrNone(const std::string& text) { return text.empty() ? kNone : text; }

std::string Joined(const Value& list, const char* path, const char* separator = ",") {
  std::string text;
  for (const Value& item : list.items()) text += (text.empty() ? "" : separator) + TextAt(item, path);
  return text;
}

std::string Texts(const Value& list) {
  std::string text;
  for (const Value& item : list.items()) text += (text.empty() ? "" : ",") + item.text();
  return text;
}

std::string Name(const Value& o, WallTime) { return TextAt(o, "metadata.name"); }
std::string Age(const Value& o, WallTime now) { return AgeOf(TextAt(o, "metadata.creationTimestamp"), now); }

// --- Pod ---

std::string PodReady(const Value& o, WallTime) {
  const PodSummary summary = SummarizePod(o);
  return fmt::format("{}/{}", summary.ready, summary.total);
}
std::string PodStatus(const Value& o, WallTime) { return SummarizePod(o).status; }
std::string PodRestarts(const Value& o, WallTime now) {
  const PodSummary summary = SummarizePod(o);
  if (summary.restarts == 0 || summary.last_restart.empty()) return std::to_string(summary.restarts);
  return fmt::format("{} ({} ago)", summary.restarts, AgeOf(summary.last_restart, now));
}
std::string PodIp(const Value& o, WallTime) { return OrNone(TextAt(o, "status.podIP")); }
std::string PodNode(const Value& o, WallTime) { return OrNone(TextAt(o, "spec.nodeName")); }
std::string Nothing(const Value&, WallTime) { return kNone; }

constexpr std::array kPod{Column{"NAME", Name},
                          Column{"READY", PodReady},
                          Column{"STATUS", PodStatus},
                          Column{"RESTARTS", PodRestarts},
                          Column{"AGE", Age},
                          Column{"IP", PodIp, true},
                          Column{"NODE", PodNode, true},
                          Column{"NOMINATED NODE", Nothing, true},
                          Column{"READINESS GATES", Nothing, true}};

// --- Deployment ---

std::string DeploymentReady(const Value& o, WallTime) {
  return fmt::format("{}/{}", IntAt(o, "status.readyReplicas"), IntAt(o, "spec.replicas", 1));
}
std::string DeploymentUpdated(const Value& o, WallTime) {
  return std::to_string(IntAt(o, "status.updatedReplicas"));
}
std::string DeploymentAvailable(const Value& o, WallTime) {
  return std::to_string(IntAt(o, "status.availableReplicas"));
}
std::string TemplateContainers(const Value& o, WallTime) {
  return Joined(At(o, "spec.template.spec.containers"), "name");
}
std::string TemplateImages(const Value& o, WallTime) {
  return Joined(At(o, "spec.template.spec.containers"), "image");
}
std::string DeploymentSelector(const Value& o, WallTime) {
  return OrNone(SelectorText(At(o, "spec.selector")));
}

constexpr std::array kDeployment{Column{"NAME", Name},
                                 Column{"READY", DeploymentReady},
                                 Column{"UP-TO-DATE", DeploymentUpdated},
                                 Column{"AVAILABLE", DeploymentAvailable},
                                 Column{"AGE", Age},
                                 Column{"CONTAINERS", TemplateContainers, true},
                                 Column{"IMAGES", TemplateImages, true},
                                 Column{"SELECTOR", DeploymentSelector, true}};

// --- ConfigMap, Secret, PersistentVolumeClaim ---

std::string DataCount(const Value& o, WallTime) {
  return std::to_string(At(o, "data").entries().size() + At(o, "binaryData").entries().size());
}
std::string SecretType(const Value& o, WallTime) {
  return TextAt(o, "type").empty() ? "Opaque" : TextAt(o, "type");
}

constexpr std::array kConfigMap{Column{"NAME", Name}, Column{"DATA", DataCount}, Column{"AGE", Age}};
constexpr std::array kSecret{Column{"NAME", Name}, Column{"TYPE", SecretType}, Column{"DATA", DataCount},
                             Column{"AGE", Age}};

std::string AccessModes(const Value& o, WallTime) {
  std::string text;
  for (const Value& mode : At(o, "status.accessModes").items()) {
    const std::string& name = mode.text();
    text += text.empty() ? "" : ",";
    text += name == "ReadWriteOnce"      ? "RWO"
            : name == "ReadOnlyMany"     ? "ROX"
            : name == "ReadWriteMany"    ? "RWX"
            : name == "ReadWriteOncePod" ? "RWOP"
                                         : name;
  }
  return text;
}
std::string ClaimStatus(const Value& o, WallTime) { return TextAt(o, "status.phase"); }
std::string ClaimVolume(const Value& o, WallTime) { return TextAt(o, "spec.volumeName"); }
std::string ClaimCapacity(const Value& o, WallTime) { return TextAt(o, "status.capacity.storage"); }
std::string ClaimClass(const Value& o, WallTime) { return TextAt(o, "spec.storageClassName"); }
std::string ClaimAttributes(const Value&, WallTime) { return "<unset>"; }
std::string ClaimMode(const Value& o, WallTime) {
  return TextAt(o, "spec.volumeMode").empty() ? "Filesystem" : TextAt(o, "spec.volumeMode");
}

constexpr std::array kClaim{Column{"NAME", Name},
                            Column{"STATUS", ClaimStatus},
                            Column{"VOLUME", ClaimVolume},
                            Column{"CAPACITY", ClaimCapacity},
                            Column{"ACCESS MODES", AccessModes},
                            Column{"STORAGECLASS", ClaimClass},
                            Column{"VOLUMEATTRIBUTESCLASS", ClaimAttributes},
                            Column{"AGE", Age},
                            Column{"VOLUMEMODE", ClaimMode, true}};

// --- Service, Endpoints, EndpointSlice ---

std::string ServiceType(const Value& o, WallTime) {
  return TextAt(o, "spec.type").empty() ? "ClusterIP" : TextAt(o, "spec.type");
}
std::string ServiceClusterIp(const Value& o, WallTime) { return OrNone(TextAt(o, "spec.clusterIP")); }
std::string ServiceExternalIp(const Value& o, WallTime now) {
  const std::string type = ServiceType(o, now);
  const std::string external = Texts(At(o, "spec.externalIPs"));
  if (type == "ExternalName") return TextAt(o, "spec.externalName");
  if (type != "LoadBalancer") return OrNone(external);
  std::string addresses = Joined(At(o, "status.loadBalancer.ingress"), "ip");
  if (!external.empty()) addresses += (addresses.empty() ? "" : ",") + external;
  return addresses.empty() ? "<pending>" : addresses;
}
std::string ServicePorts(const Value& o, WallTime) { return OrNone(ServicePortsText(o)); }
std::string ServiceSelector(const Value& o, WallTime) { return LabelsText(At(o, "spec.selector")); }

constexpr std::array kService{Column{"NAME", Name},
                              Column{"TYPE", ServiceType},
                              Column{"CLUSTER-IP", ServiceClusterIp},
                              Column{"EXTERNAL-IP", ServiceExternalIp},
                              Column{"PORT(S)", ServicePorts},
                              Column{"AGE", Age},
                              Column{"SELECTOR", ServiceSelector, true}};

std::string EndpointsText(const Value& o, WallTime) {
  std::vector<std::string> all;
  for (const Value& subset : At(o, "subsets").items()) {
    const auto& addresses = At(subset, "addresses").items();
    const auto& ports = At(subset, "ports").items();
    for (const Value& port : ports)
      for (const Value& address : addresses) all.push_back(HostAndPort(TextAt(address, "ip"), IntAt(port, "port")));
    if (!ports.empty()) continue;
    for (const Value& address : addresses) all.push_back(TextAt(address, "ip"));
  }
  return FirstThree(all, kNone);
}
constexpr std::array kEndpoints{Column{"NAME", Name}, Column{"ENDPOINTS", EndpointsText}, Column{"AGE", Age}};

std::string SliceType(const Value& o, WallTime) { return TextAt(o, "addressType"); }
std::string SlicePorts(const Value& o, WallTime) {
  std::vector<std::string> ports;
  for (const Value& port : At(o, "ports").items()) ports.push_back(std::to_string(IntAt(port, "port")));
  return FirstThree(ports, "<unset>");
}
std::string SliceEndpoints(const Value& o, WallTime) {
  std::vector<std::string> addresses;
  for (const Value& endpoint : At(o, "endpoints").items()) addresses.push_back(Texts(At(endpoint, "addresses")));
  return FirstThree(addresses, "<unset>");
}
constexpr std::array kSlice{Column{"NAME", Name}, Column{"ADDRESSTYPE", SliceType},
                            Column{"PORTS", SlicePorts}, Column{"ENDPOINTS", SliceEndpoints},
                            Column{"AGE", Age}};

// --- Event, Namespace ---

std::string LastSeen(const Value& o, WallTime now) {
  const std::string last = AgeOf(TextAt(o, "lastTimestamp"), now);
  const int64_t count = IntAt(o, "count");
  if (count < 2) return last;
  return fmt::format("{} (x{} over {})", last, count, AgeOf(TextAt(o, "firstTimestamp"), now));
}
std::string PlainLastSeen(const Value& o, WallTime now) { return AgeOf(TextAt(o, "lastTimestamp"), now); }
std::string EventType(const Value& o, WallTime) { return TextAt(o, "type"); }
std::string EventReason(const Value& o, WallTime) { return TextAt(o, "reason"); }
std::string EventObjectName(const Value& o, WallTime) {
  std::string kind = TextAt(o, "involvedObject.kind");
  for (char& c : kind) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return kind + "/" + TextAt(o, "involvedObject.name");
}
std::string EventMessage(const Value& o, WallTime) { return EventText(o); }
std::string EventPart(const Value& o, WallTime) { return TextAt(o, "involvedObject.fieldPath"); }
std::string EventSource(const Value& o, WallTime) { return TextAt(o, "source.component"); }
std::string FirstSeen(const Value& o, WallTime now) { return AgeOf(TextAt(o, "firstTimestamp"), now); }
std::string EventCount(const Value& o, WallTime) { return std::to_string(IntAt(o, "count")); }

constexpr std::array kEvent{Column{"LAST SEEN", PlainLastSeen},   Column{"TYPE", EventType},
                            Column{"REASON", EventReason},        Column{"OBJECT", EventObjectName},
                            Column{"SUBOBJECT", EventPart, true}, Column{"SOURCE", EventSource, true},
                            Column{"MESSAGE", EventMessage},      Column{"FIRST SEEN", FirstSeen, true},
                            Column{"COUNT", EventCount, true},    Column{"NAME", Name, true}};
// Of `kube events`, which tells repetitions.
constexpr std::array kEvents{Column{"LAST SEEN", LastSeen}, Column{"TYPE", EventType},
                             Column{"REASON", EventReason}, Column{"OBJECT", EventObjectName},
                             Column{"MESSAGE", EventMessage}};

constexpr std::array kNamespace{Column{"NAME", Name}, Column{"STATUS", ClaimStatus}, Column{"AGE", Age}};
constexpr std::array kOther{Column{"NAME", Name}, Column{"AGE", Age}};

}  // namespace

std::span<const Column> ColumnsOf(std::string_view kind) {
  if (kind == "Pod") return kPod;
  if (kind == "Deployment") return kDeployment;
  if (kind == "ConfigMap") return kConfigMap;
  if (kind == "Secret") return kSecret;
  if (kind == "PersistentVolumeClaim") return kClaim;
  if (kind == "Service") return kService;
  if (kind == "Endpoints") return kEndpoints;
  if (kind == "EndpointSlice") return kSlice;
  if (kind == "Event") return kEvent;
  if (kind == "Namespace") return kNamespace;
  return kOther;
}

std::span<const Column> EventColumns() { return kEvents; }

std::string AgeOf(const std::string& rfc3339, WallTime now) {
  const auto time = common::ParseTime(rfc3339);
  return time ? common::ShortAge(now - *time) : "<unknown>";
}

std::string EventText(const Value& event) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::string& message = TextAt(event, "message");
  const size_t begin = message.find_first_not_of(kBlank);
  if (begin == std::string::npos) return "";
  return message.substr(begin, message.find_last_not_of(kBlank) - begin + 1);
}

std::string LabelsText(const Value& labels) {
  std::string text;
  const Value sorted = SortedKeys(labels);
  for (const Value::Entry& entry : sorted.entries())
    text += (text.empty() ? "" : ",") + entry.key + "=" + entry.value.text();
  return OrNone(text);
}

std::string ServicePortsText(const Value& service) {
  std::string text;
  for (const Value& port : At(service, "spec.ports").items()) {
    const int64_t node_port = IntAt(port, "nodePort");
    const std::string& protocol = TextAt(port, "protocol");
    text +=
        fmt::format("{}{}{}/{}", text.empty() ? "" : ",", IntAt(port, "port"),
                    node_port > 0 ? fmt::format(":{}", node_port) : "", protocol.empty() ? "TCP" : protocol);
  }
  return text;
}

std::string SelectorText(const Value& selector) {
  std::string text;
  const Value labels = SortedKeys(At(selector, "matchLabels"));
  for (const Value::Entry& entry : labels.entries())
    text += (text.empty() ? "" : ",") + entry.key + "=" + entry.value.text();
  for (const Value& term : At(selector, "matchExpressions").items()) {
    const std::string& op = TextAt(term, "operator");
    const std::string& key = TextAt(term, "key");
    text += text.empty() ? "" : ",";
    if (op == "Exists")
      text += key;
    else if (op == "DoesNotExist")
      text += "!" + key;
    else
      text += key + (op == "In" ? " in (" : " notin (") + Texts(At(term, "values")) + ")";
  }
  return text;
}

std::string HostAndPort(const std::string& host, int64_t port) {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return is_ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string FirstThree(const std::vector<std::string>& all, std::string_view none) {
  constexpr size_t kShown = 3;
  if (all.empty()) return std::string(none);
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), kShown));
  std::string text = fmt::format("{}", fmt::join(all.begin(), end, ","));
  if (all.size() > kShown) text += fmt::format(" + {} more...", all.size() - kShown);
  return text;
}

}  // namespace skiff::kube
