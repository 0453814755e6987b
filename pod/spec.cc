#include "pod/spec.h"

#include <array>
#include <utility>

namespace skiff::pod {
namespace {

template <typename E, size_t N>
using Names = std::array<std::pair<E, std::string_view>, N>;

constexpr Names<RestartPolicy, 3> kRestartPolicies = {{
    {RestartPolicy::kAlways, "Always"},
    {RestartPolicy::kOnFailure, "OnFailure"},
    {RestartPolicy::kNever, "Never"},
}};
constexpr Names<PullPolicy, 3> kPullPolicies = {{
    {PullPolicy::kAlways, "Always"},
    {PullPolicy::kIfNotPresent, "IfNotPresent"},
    {PullPolicy::kNever, "Never"},
}};
constexpr Names<Protocol, 3> kProtocols = {{
    {Protocol::kTcp, "tcp"},
    {Protocol::kUdp, "udp"},
    {Protocol::kSctp, "sctp"},
}};
constexpr Names<Propagation, 3> kPropagations = {{
    {Propagation::kNone, "None"},
    {Propagation::kHostToContainer, "HostToContainer"},
    {Propagation::kBidirectional, "Bidirectional"},
}};
constexpr Names<EnvVar::Source, 5> kEnvSources = {{
    {EnvVar::Source::kLiteral, "literal"},
    {EnvVar::Source::kPodIp, "podIP"},
    {EnvVar::Source::kPodIps, "podIPs"},
    {EnvVar::Source::kHostIp, "hostIP"},
    {EnvVar::Source::kHostIps, "hostIPs"},
}};
constexpr Names<SeccompProfile::Type, 3> kSeccompTypes = {{
    {SeccompProfile::Type::kRuntimeDefault, "RuntimeDefault"},
    {SeccompProfile::Type::kUnconfined, "Unconfined"},
    {SeccompProfile::Type::kLocalhost, "Localhost"},
}};
constexpr Names<DnsConfig::Policy, 4> kDnsPolicies = {{
    {DnsConfig::Policy::kClusterFirst, "ClusterFirst"},
    {DnsConfig::Policy::kClusterFirstWithHostNet, "ClusterFirstWithHostNet"},
    {DnsConfig::Policy::kDefault, "Default"},
    {DnsConfig::Policy::kNone, "None"},
}};
constexpr Names<NetworkSpec::Mode, 5> kNetworkModes = {{
    {NetworkSpec::Mode::kBridge, "bridge"},
    {NetworkSpec::Mode::kHost, "host"},
    {NetworkSpec::Mode::kNone, "none"},
    {NetworkSpec::Mode::kContainer, "container"},
    {NetworkSpec::Mode::kPath, "path"},
}};

template <typename E, size_t N>
std::string_view NameIn(const Names<E, N>& names, E value) {
  for (const auto& [candidate, name] : names) {
    if (candidate == value) return name;
  }
  return "";
}

template <typename E, size_t N>
std::optional<E> ValueIn(const Names<E, N>& names, std::string_view wanted) {
  for (const auto& [value, name] : names) {
    if (name == wanted) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view EnumName(RestartPolicy value) { return NameIn(kRestartPolicies, value); }
std::string_view EnumName(PullPolicy value) { return NameIn(kPullPolicies, value); }
std::string_view EnumName(Protocol value) { return NameIn(kProtocols, value); }
std::string_view EnumName(Propagation value) { return NameIn(kPropagations, value); }
std::string_view EnumName(EnvVar::Source value) { return NameIn(kEnvSources, value); }
std::string_view EnumName(SeccompProfile::Type value) { return NameIn(kSeccompTypes, value); }
std::string_view EnumName(DnsConfig::Policy value) { return NameIn(kDnsPolicies, value); }
std::string_view EnumName(NetworkSpec::Mode value) { return NameIn(kNetworkModes, value); }

std::optional<RestartPolicy> EnumFromName(RestartPolicy*, std::string_view name) {
  return ValueIn(kRestartPolicies, name);
}
std::optional<PullPolicy> EnumFromName(PullPolicy*, std::string_view name) { return ValueIn(kPullPolicies, name); }
std::optional<Protocol> EnumFromName(Protocol*, std::string_view name) { return ValueIn(kProtocols, name); }
std::optional<Propagation> EnumFromName(Propagation*, std::string_view name) { return ValueIn(kPropagations, name); }
std::optional<EnvVar::Source> EnumFromName(EnvVar::Source*, std::string_view name) {
  return ValueIn(kEnvSources, name);
}
std::optional<SeccompProfile::Type> EnumFromName(SeccompProfile::Type*, std::string_view name) {
  return ValueIn(kSeccompTypes, name);
}
std::optional<DnsConfig::Policy> EnumFromName(DnsConfig::Policy*, std::string_view name) {
  return ValueIn(kDnsPolicies, name);
}
std::optional<NetworkSpec::Mode> EnumFromName(NetworkSpec::Mode*, std::string_view name) {
  return ValueIn(kNetworkModes, name);
}

}  // namespace skiff::pod
