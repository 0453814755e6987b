#include "kube/translate/downward.h"

#include <optional>

namespace skiff::kube {
namespace {

using common::ErrorCode;

// "metadata.labels['app']" gives "app".
std::optional<std::string> Subscript(const std::string& field_path, std::string_view map) {
  const std::string open = std::string(map) + "['";
  if (!field_path.starts_with(open) || !field_path.ends_with("']") || field_path.size() < open.size() + 2)
    return std::nullopt;
  return field_path.substr(open.size(), field_path.size() - open.size() - 2);
}

std::string ValueOrEmpty(const StringMap& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? "" : found->second;
}

std::optional<std::string> MetadataField(const PodIdentity& pod, const std::string& path) {
  if (path == "metadata.name") return pod.name;
  if (path == "metadata.namespace") return pod.kube_namespace;
  if (path == "metadata.uid") return pod.uid;
  if (const auto key = Subscript(path, "metadata.labels")) return ValueOrEmpty(pod.labels, *key);
  if (const auto key = Subscript(path, "metadata.annotations")) return ValueOrEmpty(pod.annotations, *key);
  return std::nullopt;
}

std::string GoQuoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    switch (c) {
      case '"': quoted += "\\\""; break;
      case '\\': quoted += "\\\\"; break;
      case '\n': quoted += "\\n"; break;
      case '\t': quoted += "\\t"; break;
      case '\r': quoted += "\\r"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) quoted += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
        else quoted += c;
    }
  }
  return quoted + "\"";
}

std::string Lines(const StringMap& map) {
  std::string text;
  for (const auto& [key, value] : map) text += (text.empty() ? "" : "\n") + key + "=" + GoQuoted(value);
  return text;
}

const Container* FindContainer(const PodSpec& spec, const std::string& name) {
  for (const auto* containers : {&spec.containers, &spec.init_containers}) {
    for (const Container& container : *containers) {
      if (container.name == name) return &container;
    }
  }
  return nullptr;
}

// What the node has of it: the value of an absent limit.
Quantity Allocatable(const TranslationContext& context, const std::string& resource) {
  if (context.spec.resources) {
    const auto pod_limit = context.spec.resources->limits.find(resource);
    if (pod_limit != context.spec.resources->limits.end()) return pod_limit->second;
  }
  if (resource == "cpu") return Quantity::FromMilli(context.node.milli_cpu);
  if (resource == "memory") return Quantity::FromBytes(context.node.memory_bytes);
  if (resource == "ephemeral-storage") return Quantity::FromBytes(context.node.ephemeral_storage_bytes);
  return Quantity();
}

}  // namespace

common::Result<FieldValue> EnvField(const TranslationContext& context, const std::string& path) {
  using Source = pod::EnvVar::Source;
  if (const auto value = MetadataField(context.identity, path)) return FieldValue{*value};
  if (path == "spec.nodeName") return FieldValue{context.node.name};
  if (path == "spec.serviceAccountName") {
    const std::string& account = context.spec.service_account_name;
    return FieldValue{account.empty() ? "default" : account};
  }
  if (path == "status.podIP") return FieldValue{"", Source::kPodIp};
  if (path == "status.podIPs") return FieldValue{"", Source::kPodIps};
  if (path == "status.hostIP") return FieldValue{"", Source::kHostIp};
  if (path == "status.hostIPs") return FieldValue{"", Source::kHostIps};
  return MakeError(ErrorCode::kInvalid,
                   "field label not supported: \"{}\"; environment variables may use metadata.name, metadata.namespace, "
                   "metadata.uid, metadata.labels['KEY'], metadata.annotations['KEY'], spec.nodeName, "
                   "spec.serviceAccountName, status.podIP, status.podIPs, status.hostIP and status.hostIPs",
                   path);
}

common::Result<std::string> VolumeField(const TranslationContext& context, const std::string& path) {
  if (const auto value = MetadataField(context.identity, path)) return *value;
  if (path == "metadata.labels") return Lines(context.identity.labels);
  if (path == "metadata.annotations") return Lines(context.identity.annotations);
  return MakeError(ErrorCode::kInvalid,
                   "field label not supported: \"{}\"; volumes may use metadata.name, metadata.namespace, metadata.uid, "
                   "metadata.labels and metadata.annotations, whole or by ['KEY']",
                   path);
}

common::Result<std::string> ResourceField(const TranslationContext& context, const ResourceFieldSelector& selector,
                                          const Container* own) {
  const Container* container =
      selector.container_name.empty() ? own : FindContainer(context.spec, selector.container_name);
  if (!container)
    return MakeError(ErrorCode::kInvalid, "the pod has no container \"{}\" to take the value from", selector.container_name);
  const size_t dot = selector.resource.find('.');
  const std::string list = selector.resource.substr(0, dot);
  const std::string resource = dot == std::string::npos ? "" : selector.resource.substr(dot + 1);
  if ((list != "limits" && list != "requests") || resource.empty())
    return MakeError(ErrorCode::kInvalid, "unsupported resource \"{}\"; use limits.NAME or requests.NAME", selector.resource);
  const ResourceList& amounts = list == "limits" ? container->resources.limits : container->resources.requests;
  const auto found = amounts.find(resource);
  const Quantity divisor = selector.divisor && !selector.divisor->IsZero() ? *selector.divisor : Quantity::FromInt(1);
  if (found != amounts.end() && !found->second.IsZero()) return std::to_string(found->second.DivideRoundUp(divisor));
  if (list == "requests") return std::string("0");
  return std::to_string(Allocatable(context, resource).DivideRoundUp(divisor));
}

}  // namespace skiff::kube
