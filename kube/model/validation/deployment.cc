#include "kube/model/validation/report.h"

namespace skiff::kube::validation {

void ValidateSelector(Report& report, const std::string& path, const LabelSelector& selector) {
  for (size_t i = 0; i < selector.match_expressions.size(); ++i) {
    const LabelSelectorRequirement& requirement = selector.match_expressions[i];
    const std::string at = fmt::format("{}.matchExpressions[{}]", path, i);
    const bool wants_values = requirement.op == "In" || requirement.op == "NotIn";
    if (wants_values && requirement.values.empty()) {
      report.Required(at + ".values", "must be specified when `operator` is 'In' or 'NotIn'");
    }
    if (!wants_values && !requirement.op.empty() && !requirement.values.empty()) {
      report.Forbidden(at + ".values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
    if (requirement.key.empty()) continue;
    const std::string detail = QualifiedNameDetail(requirement.key);
    if (!detail.empty()) report.Invalid(at + ".key", requirement.key, detail);
  }
}

namespace {

void ValidateStrategy(Report& report, const DeploymentStrategy& strategy) {
  const std::string at = "spec.strategy.rollingUpdate";
  if (!strategy.rolling_update) return;
  if (strategy.type == "Recreate") {
    report.Forbidden(at, "may not be specified when strategy `type` is 'Recreate'");
    return;
  }
  const auto is_zero = [](const std::optional<IntOrString>& value) {
    return value && (value->is_string ? value->text == "0%" : value->number == 0);
  };
  if (is_zero(strategy.rolling_update->max_surge) && is_zero(strategy.rolling_update->max_unavailable)) {
    report.Invalid(at + ".maxUnavailable", "0", "may not be 0 when `maxSurge` is 0");
  }
}

}  // namespace

void ValidateDeployment(Report& report, const Deployment& deployment) {
  const DeploymentSpec& spec = deployment.spec;
  if (spec.selector) {
    ValidateSelector(report, "spec.selector", *spec.selector);
    if (spec.selector->IsEmpty()) {
      report.Error("spec.selector", "Invalid value: {}: empty selector is invalid for deployment");
    } else if (!spec.selector->Matches(spec.pod_template.metadata.labels)) {
      report.Error("spec.template.metadata.labels",
                   "Invalid value: `selector` does not match template `labels`");
    }
  }
  ValidateStrategy(report, spec.strategy);
  const PodSpec& pod = spec.pod_template.spec;
  const std::string path = "spec.template.spec";
  ValidatePodSpec(report, path, pod, true);
  if (pod.restart_policy == "OnFailure" || pod.restart_policy == "Never") {
    report.Error(path + ".restartPolicy", fmt::format("Unsupported value: {}: supported values: \"Always\"",
                                                      QuoteText(pod.restart_policy)));
  }
  if (pod.active_deadline_seconds) {
    report.Forbidden(path + ".activeDeadlineSeconds", "activeDeadlineSeconds in Deployment is not Supported");
  }
}

}  // namespace skiff::kube::validation
