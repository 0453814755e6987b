#include <algorithm>
#include <array>

#include "kube/model/validation/report.h"

namespace skiff::kube::validation {

namespace {

constexpr std::array kStandard{std::string_view("cpu"), std::string_view("memory"),
                               std::string_view("ephemeral-storage")};

bool IsHugePages(const std::string& name) { return name.starts_with("hugepages-"); }
bool IsExtended(const std::string& name) { return name.find('/') != name.npos; }

void ValidateName(Report& report, const std::string& path, const std::string& name) {
  if (IsExtended(name)) {
    const std::string detail = QualifiedNameDetail(name);
    if (!detail.empty()) {
      report.Invalid(path, name, detail);
    } else {
      report.Warning(path, "has no effect yet in this version of skiff");
    }
    return;
  }
  if (name == "ephemeral-storage" || IsHugePages(name)) {
    report.Warning(path, "has no effect yet in this version of skiff");
    return;
  }
  if (std::find(kStandard.begin(), kStandard.end(), name) != kStandard.end()) return;
  report.Invalid(
      path, name,
      "must be a standard resource for containers" + DidYouMean(name, {kStandard.begin(), kStandard.end()}));
}

void ValidateAmounts(Report& report, const std::string& path, const ResourceList& list) {
  for (const auto& [name, amount] : list) {
    const std::string at = fmt::format("{}[{}]", path, name);
    ValidateName(report, at, name);
    if (amount.IsNegative()) report.Invalid(at, amount.ToString(), "must be greater than or equal to 0");
    if (name != "cpu" && !amount.IsInteger()) {
      report.Warning(at, fmt::format("fractional byte value {} is invalid, must be an integer",
                                     QuoteText(amount.ToString())));
    }
  }
}

}  // namespace

void ValidateResources(Report& report, const std::string& path, const ResourceRequirements& resources) {
  ValidateAmounts(report, path + ".limits", resources.limits);
  for (const auto& [name, request] : resources.requests) {
    const std::string at = fmt::format("{}.requests[{}]", path, name);
    const auto limit = resources.limits.find(name);
    if (limit == resources.limits.end()) {
      ValidateAmounts(report, path + ".requests", {{name, request}});
      continue;
    }
    if (request > limit->second) {
      report.Invalid(
          at, request.ToString(),
          fmt::format("must be less than or equal to {} limit of {}", name, limit->second.ToString()));
    }
    // One that was copied from its limit has been told of there.
    if (request.IsNegative() && request != limit->second) {
      report.Invalid(at, request.ToString(), "must be greater than or equal to 0");
    }
  }
}

}  // namespace skiff::kube::validation
