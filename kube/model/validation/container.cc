#include <algorithm>

#include "kube/model/validation/report.h"

namespace skiff::kube::validation {

namespace {

// Kubernetes' words for two ports of one container that are not two; empty where they are.
std::string_view PortRelation(const ContainerPort& a, const ContainerPort& b) {
  if (a.container_port == 0 || a.container_port != b.container_port || a.protocol != b.protocol) return {};
  if (a.host_port == b.host_port && a.host_ip == b.host_ip) return "duplicate";
  if (a.host_port == 0 || b.host_port == 0) return "overlapping";
  if (a.host_port == b.host_port && a.host_ip.empty() != b.host_ip.empty()) return "dangerously ambiguous";
  return {};
}

void ValidatePorts(Report& report, const std::string& path, const Container& container, const PodSpec& pod) {
  std::set<std::string> names;
  for (size_t i = 0; i < container.ports.size(); ++i) {
    const ContainerPort& port = container.ports[i];
    const std::string at = fmt::format("{}.ports[{}]", path, i);
    report.Unique(at + ".name", port.name, names);
    if (pod.host_network && port.host_port != port.container_port) {
      report.Error(at + ".hostPort",
                   fmt::format("Invalid value: {}: must match `containerPort` when `hostNetwork` is true",
                               port.host_port));
    }
    if (!port.host_ip.empty() && port.host_port == 0) {
      report.Warning(at, fmt::format("hostIP set without hostPort: {}", QuoteText(port.host_ip)));
    }
    for (size_t j = 0; j < i; ++j) {
      const std::string_view relation = PortRelation(container.ports[j], port);
      if (!relation.empty())
        report.Warning(at, fmt::format("{} port definition with {}.ports[{}]", relation, path, j));
    }
  }
}

void ValidateMounts(Report& report, const std::string& path, const Container& container, const PodSpec& pod) {
  std::vector<std::string_view> volumes;
  for (const Volume& volume : pod.volumes) volumes.push_back(volume.name);
  std::set<std::string> places;
  for (size_t i = 0; i < container.volume_mounts.size(); ++i) {
    const VolumeMount& mount = container.volume_mounts[i];
    const std::string at = fmt::format("{}.volumeMounts[{}]", path, i);
    if (!mount.name.empty() && std::find(volumes.begin(), volumes.end(), mount.name) == volumes.end()) {
      report.Error(at + ".name",
                   fmt::format("Not found: {}{}", QuoteText(mount.name), DidYouMean(mount.name, volumes)));
    }
    if (!mount.mount_path.empty() && !places.insert(mount.mount_path).second) {
      report.Invalid(at + ".mountPath", mount.mount_path, "must be unique");
    }
    if (!mount.sub_path.empty() && !mount.sub_path_expr.empty()) {
      report.Invalid(at + ".subPathExpr", mount.sub_path_expr,
                     "subPathExpr and subPath are mutually exclusive");
    }
    const bool privileged =
        container.security_context && container.security_context->privileged.value_or(false);
    if (mount.mount_propagation == "Bidirectional" && !privileged) {
      report.Forbidden(at + ".mountPropagation",
                       "Bidirectional mount propagation is available only to privileged containers");
    }
    const bool recursive =
        mount.recursive_read_only == "Enabled" || mount.recursive_read_only == "IfPossible";
    if (recursive && !mount.read_only) {
      report.Forbidden(at + ".recursiveReadOnly", "may only be specified when readOnly is true");
    }
    if (recursive && !mount.mount_propagation.empty() && mount.mount_propagation != "None") {
      report.Forbidden(at + ".recursiveReadOnly",
                       "may only be specified when mountPropagation is None or not specified");
    }
  }
}

void ValidateRestartRules(Report& report, const std::string& path, const Container& container) {
  constexpr size_t kMostRules = 20;
  constexpr size_t kMostValues = 255;
  const std::string at = path + ".restartPolicyRules";
  if (container.restart_policy_rules.empty()) return;
  if (container.restart_policy.empty()) report.Required(path + ".restartPolicy", "must be set when restartPolicyRules is used");
  if (container.restart_policy_rules.size() > kMostRules)
    report.Error(at, fmt::format("Too many: {}: must have at most {} items", container.restart_policy_rules.size(), kMostRules));
  for (size_t i = 0; i < container.restart_policy_rules.size(); ++i) {
    const auto& codes = container.restart_policy_rules[i].exit_codes;
    const std::string item = fmt::format("{}[{}].exitCodes", at, i);
    if (!codes) report.Required(item, "must be specified");
    else if (codes->values.empty()) report.Required(item + ".values", "must have at least one value");
    else if (codes->values.size() > kMostValues)
      report.Error(item + ".values", fmt::format("Too many: {}: must have at most {} items", codes->values.size(), kMostValues));
  }
}

}  // namespace

void ValidateContainer(Report& report, const std::string& path, const Container& container,
                       const PodContext& pod, bool init) {
  ValidatePorts(report, path, container, pod.spec);
  ValidateEnvironment(report, path, container);
  ValidateMounts(report, path, container, pod.spec);
  ValidateResources(report, path + ".resources", container.resources);
  ValidateSecurity(report, path, container, pod.spec);
  ValidateProbes(report, path, container, pod.spec, init);
  ValidateRestartRules(report, path, container);
  if (!container.termination_message_path.starts_with('/')) {
    report.Invalid(path + ".terminationMessagePath", container.termination_message_path,
                   "must be an absolute path");
  }
  if (!container.working_dir.empty() && !container.working_dir.starts_with('/')) {
    report.Invalid(path + ".workingDir", container.working_dir, "must be an absolute path");
  }
}

}  // namespace skiff::kube::validation
