// Where validation puts what it finds: by path, which leads to the place in the text.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kube/model/check.h"
#include "kube/model/rules.h"
#include "kube/model/text.h"
#include "kube/model/types/object.h"

namespace skiff::kube::validation {

class Report {
 public:
  // `findings`: what reading the object has found already.
  Report(const Value& source, std::vector<Finding>& findings)
      : source_(source), findings_(findings), of_reading_(findings.size()) {}

  // `path: body`.
  void Error(const std::string& path, std::string_view body) { Add(Severity::kError, path, body); }
  void Warning(const std::string& path, std::string_view body) { Add(Severity::kWarning, path, body); }
  // Not for what was written and could not be read: that is told already.
  void Required(const std::string& path, std::string_view detail = {}) {
    if (IsUnreadable(path)) return;
    Error(path, detail.empty() ? "Required value" : fmt::format("Required value: {}", detail));
  }
  void Invalid(const std::string& path, std::string_view value, std::string_view detail) {
    Error(path, fmt::format("Invalid value: {}: {}", QuoteText(value), detail));
  }
  void Forbidden(const std::string& path, std::string_view detail) {
    Error(path, fmt::format("Forbidden: {}", detail));
  }
  // Adds `value` to `seen`; a second time is an error.
  void Unique(const std::string& path, const std::string& value, std::set<std::string>& seen) {
    if (!value.empty() && !seen.insert(value).second)
      Error(path, fmt::format("Duplicate value: {}", QuoteText(value)));
  }

 private:
  // Whether reading found an error at `path` or at what it is part of.
  bool IsUnreadable(std::string_view path) const {
    const auto end = findings_.begin() + static_cast<std::ptrdiff_t>(of_reading_);
    return std::any_of(findings_.begin(), end, [&](const Finding& finding) {
      const std::string_view told = std::string_view(finding.message).substr(0, finding.message.find(": "));
      if (finding.severity != Severity::kError || !path.starts_with(told)) return false;
      return path.size() == told.size() || path[told.size()] == '.' || path[told.size()] == '[';
    });
  }
  void Add(Severity severity, const std::string& path, std::string_view body) {
    findings_.push_back({severity, source_.Nearest(path).mark(), fmt::format("{}: {}", path, body)});
  }

  const Value& source_;
  std::vector<Finding>& findings_;
  const size_t of_reading_;
};

// What the checks of one container need of its pod.
struct PodContext {
  const PodSpec& spec;
  bool in_template = false;
};

void ValidatePodSpec(Report& report, const std::string& path, const PodSpec& spec, bool in_template);
void ValidateVolumes(Report& report, const std::string& path, const PodSpec& spec);
void ValidateContainer(Report& report, const std::string& path, const Container& container,
                       const PodContext& pod, bool init);
void ValidateEnvironment(Report& report, const std::string& path, const Container& container);
void ValidateFieldPath(Report& report, const std::string& path, const std::string& field_path,
                       bool in_volume);
void ValidateResourceField(Report& report, const std::string& path, const ResourceFieldSelector& selector,
                           const PodSpec* pod, bool in_volume);
void ValidateResources(Report& report, const std::string& path, const ResourceRequirements& resources);
void ValidateSecurity(Report& report, const std::string& path, const Container& container,
                      const PodSpec& pod);
void ValidatePodSecurity(Report& report, const std::string& path, const PodSpec& spec);
void ValidateProbes(Report& report, const std::string& path, const Container& container, const PodSpec& pod,
                    bool init);
void ValidateSelector(Report& report, const std::string& path, const LabelSelector& selector);
void ValidateConfigMap(Report& report, const ConfigMap& config_map);
void ValidateSecret(Report& report, const Secret& secret);
void ValidateClaim(Report& report, const PersistentVolumeClaim& claim);
void ValidateDeployment(Report& report, const Deployment& deployment);
void ValidateService(Report& report, const Service& service);
void ValidateEndpoints(Report& report, const Endpoints& endpoints);
void ValidateEndpointSlice(Report& report, const EndpointSlice& slice);

}  // namespace skiff::kube::validation
