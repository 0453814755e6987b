// Rules of single values, in Kubernetes' words. Each returns empty when the value is right.
#pragma once

#include <string>
#include <string_view>

#include "kube/model/value.h"

namespace skiff::kube {

// The same checks on plain text return only the detail ("must be ..."), empty when right.
std::string DnsLabelDetail(std::string_view text);
std::string DnsSubdomainDetail(std::string_view text);
std::string QualifiedNameDetail(std::string_view text);
std::string AnnotationKeyDetail(std::string_view text);
std::string LabelValueDetail(std::string_view text);
std::string ConfigKeyDetail(std::string_view text);
bool IsIpAddress(std::string_view text);
// However they are written: IPv6 can be in several ways.
bool SameIpAddress(std::string_view a, std::string_view b);

// `Invalid value: "v": detail`.
std::string InvalidValue(const Value& value, std::string_view detail);

std::string CheckDnsLabel(const Value& value);
std::string CheckDnsSubdomain(const Value& value);
std::string CheckAnnotations(const Value& value);  // their size
std::string CheckPortName(const Value& value);
std::string CheckEnvName(const Value& value);
std::string CheckConfigKey(const Value& value);
std::string CheckIp(const Value& value);
std::string CheckImage(const Value& value);
std::string CheckCapabilities(const Value& value);
std::string CheckSysctlName(const Value& value);
std::string CheckNoBackSteps(const Value& value);    // no ".." in a path
std::string CheckRelativePath(const Value& value);   // relative and no ".."
std::string CheckProjectedPath(const Value& value);  // relative, no "..", does not start with ".."
std::string CheckMountPath(const Value& value);
std::string CheckPort(const Value& value);         // number in range or port name
std::string CheckHttpHeaderName(const Value& value);
std::string CheckMode(const Value& value);         // permission bits
std::string CheckNonNegative(const Value& value);  // quantities
std::string CheckCountOrPercent(const Value& value);

}  // namespace skiff::kube
