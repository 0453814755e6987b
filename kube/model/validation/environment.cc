#include <algorithm>
#include <array>

#include "kube/model/validation/report.h"

namespace skiff::kube::validation {

namespace {

constexpr std::array kEnvFields{std::string_view("metadata.name"),
                                std::string_view("metadata.namespace"),
                                std::string_view("metadata.uid"),
                                std::string_view("spec.nodeName"),
                                std::string_view("spec.serviceAccountName"),
                                std::string_view("status.hostIP"),
                                std::string_view("status.hostIPs"),
                                std::string_view("status.podIP"),
                                std::string_view("status.podIPs")};
constexpr std::array kVolumeFields{std::string_view("metadata.name"), std::string_view("metadata.namespace"),
                                   std::string_view("metadata.uid"), std::string_view("metadata.labels"),
                                   std::string_view("metadata.annotations")};

constexpr std::array kResources{std::string_view("limits.cpu"),
                                std::string_view("limits.memory"),
                                std::string_view("limits.ephemeral-storage"),
                                std::string_view("requests.cpu"),
                                std::string_view("requests.memory"),
                                std::string_view("requests.ephemeral-storage")};

std::string Quoted(const std::vector<std::string_view>& names) {
  std::string out;
  for (const std::string_view name : names) out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", name);
  return out;
}

// `metadata.labels['key']` and `metadata.annotations['key']`.
bool IsSubscript(const std::string& field_path) {
  for (const std::string_view map : {"metadata.labels['", "metadata.annotations['"}) {
    if (field_path.starts_with(map) && field_path.ends_with("']")) {
      const size_t length = field_path.size() - map.size() - 2;
      return QualifiedNameDetail(field_path.substr(map.size(), length)).empty();
    }
  }
  return false;
}

void ValidateSource(Report& report, const std::string& path, const EnvVar& variable) {
  const EnvVarSource& source = *variable.value_from;
  const std::string at = path + ".valueFrom";
  const int count = source.field_ref.has_value() + source.resource_field_ref.has_value() +
                    source.config_map_key_ref.has_value() + source.secret_key_ref.has_value() +
                    source.file_key_ref.has_value();
  if (count == 0) {
    report.Error(at,
                 "Invalid value: must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, "
                 "`secretKeyRef` or `fileKeyRef`");
  }
  if (count > 1) report.Error(at, "Invalid value: may not have more than one field specified at a time");
  if (!variable.value.empty() && count > 0) {
    report.Error(at, "Invalid value: may not be specified when `value` is not empty");
  }
  if (source.field_ref)
    ValidateFieldPath(report, at + ".fieldRef.fieldPath", source.field_ref->field_path, false);
  if (source.resource_field_ref) {
    ValidateResourceField(report, at + ".resourceFieldRef", *source.resource_field_ref, nullptr, false);
  }
}

void ValidateEnvFrom(Report& report, const std::string& path, const Container& container) {
  for (size_t i = 0; i < container.env_from.size(); ++i) {
    const EnvFromSource& source = container.env_from[i];
    const std::string at = fmt::format("{}.envFrom[{}]", path, i);
    const int count = source.config_map_ref.has_value() + source.secret_ref.has_value();
    if (count == 0) report.Error(at, "Invalid value: must specify one of: `configMapRef` or `secretRef`");
    if (count > 1) report.Error(at, "Invalid value: may not have more than one field specified at a time");
  }
}

}  // namespace

void ValidateFieldPath(Report& report, const std::string& path, const std::string& field_path,
                       bool in_volume) {
  if (field_path.empty() || IsSubscript(field_path)) return;
  const std::vector<std::string_view> supported =
      in_volume ? std::vector<std::string_view>(kVolumeFields.begin(), kVolumeFields.end())
                : std::vector<std::string_view>(kEnvFields.begin(), kEnvFields.end());
  if (std::find(supported.begin(), supported.end(), field_path) != supported.end()) return;
  report.Error(path, fmt::format("Unsupported value: {}: supported values: {}{}", QuoteText(field_path),
                                 Quoted(supported), DidYouMean(field_path, supported)));
}

void ValidateResourceField(Report& report, const std::string& path, const ResourceFieldSelector& selector,
                           const PodSpec* pod, bool in_volume) {
  const std::vector<std::string_view> supported(kResources.begin(), kResources.end());
  if (!selector.resource.empty() &&
      std::find(supported.begin(), supported.end(), selector.resource) == supported.end()) {
    report.Error(path + ".resource",
                 fmt::format("Unsupported value: {}: supported values: {}{}", QuoteText(selector.resource),
                             Quoted(supported), DidYouMean(selector.resource, supported)));
  }
  if (in_volume && selector.container_name.empty()) report.Required(path + ".containerName");
  if (pod != nullptr && !selector.container_name.empty()) {
    std::vector<std::string_view> names;
    for (const Container& container : pod->init_containers) names.push_back(container.name);
    for (const Container& container : pod->containers) names.push_back(container.name);
    if (std::find(names.begin(), names.end(), selector.container_name) == names.end()) {
      report.Error(path + ".containerName", fmt::format("Not found: {}{}", QuoteText(selector.container_name),
                                                        DidYouMean(selector.container_name, names)));
    }
  }
  if (selector.divisor && (selector.divisor->IsNegative() || selector.divisor->IsZero())) {
    if (selector.divisor->IsNegative()) {
      report.Invalid(path + ".divisor", selector.divisor->ToString(), "must be greater than 0");
    }
  }
}

void ValidateEnvironment(Report& report, const std::string& path, const Container& container) {
  std::set<std::string> names;
  for (size_t i = 0; i < container.env.size(); ++i) {
    const EnvVar& variable = container.env[i];
    const std::string at = fmt::format("{}.env[{}]", path, i);
    if (variable.value_from) ValidateSource(report, at, variable);
    const bool refers_to_itself = variable.value.find("$(" + variable.name + ")") != std::string::npos;
    if (!variable.name.empty() && !names.insert(variable.name).second && !refers_to_itself) {
      report.Warning(at, fmt::format("hides previous definition of {}", QuoteText(variable.name)));
    }
  }
  ValidateEnvFrom(report, path, container);
}

}  // namespace skiff::kube::validation
