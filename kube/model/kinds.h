// The kinds of Kubernetes: those that skiff runs, and those that it knows and leaves out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skiff::kube {

enum class KindStatus {
  kSupported,
  kNotSupported,    // a real kind that this version does not run
  kUnknownVersion,  // the kind is real, its apiVersion is not (any more)
  kUnknown,
  kCustom,  // a kind of somebody's own API group
};

KindStatus LookUpKind(std::string_view kind, std::string_view api_version);
// The current apiVersion of a known kind; empty when unknown.
std::string_view CurrentApiVersion(std::string_view kind);
std::vector<std::string_view> KnownKinds();

}  // namespace skiff::kube
