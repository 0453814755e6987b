#include "pod/network/name_texts.h"

#include <unistd.h>

#include "common/file.h"
#include "pod/network/pod_dns.h"
#include "pod/network/pod_network.h"
#include "pod/state/name_files.h"

namespace skiff::pod {

using common::Result;

namespace {

constexpr char kResolvedStub[] = "/run/systemd/resolve/resolv.conf";

// A file that need not exist.
std::string ReadHostFile(const std::string& path) { return common::ReadFile(path).value_or(""); }

std::string HostResolvConf(bool host_network) {
  std::string text = ReadHostFile("/etc/resolv.conf");
  if (!host_network && OnlyLoopbackResolvers(text) && common::PathExists(kResolvedStub)) text = ReadHostFile(kResolvedStub);
  return text;
}

struct HostAndDomain {
  std::string host, domain;
};

// The domain is that of the headless Service that spec.subdomain names; setHostnameAsFQDN has put it into the host name already,
// and /etc/hosts has the short name all the same.
HostAndDomain NamesInHosts(const PodSpec& pod) {
  const std::string name = PodHostname(pod);
  if (!pod.from_kube || pod.subdomain.empty()) return {name, ""};
  const std::string domain = fmt::format("{}.{}.svc.cluster.local", pod.subdomain, pod.kube_namespace);
  if (name.ends_with("." + domain)) return {name.substr(0, name.size() - domain.size() - 1), domain};
  return {name, name.find('.') == std::string::npos ? domain : ""};
}

std::string SecondName(const PodSpec& pod, const std::vector<ContainerRecord>& containers) {
  return pod.implicit && !containers.empty() ? containers.front().name : pod.name;
}

std::vector<std::string> AddressesOf(const std::vector<network::Lease>& leases) {
  std::vector<std::string> addresses;
  for (const network::Lease& lease : leases) addresses.push_back(lease.address);
  return addresses;
}

std::string HostAddressOf(const std::vector<network::Lease>& leases) { return leases.empty() ? "" : leases.front().gateway; }

// --add-host NAME:host-gateway.
Result<std::vector<HostAlias>> AliasesOf(Context& context, const PodSpec& pod, const std::vector<network::Lease>& leases) {
  std::vector<HostAlias> aliases = pod.host_aliases;
  for (HostAlias& alias : aliases) {
    if (alias.ip != kHostGateway) continue;
    alias.ip = HostAddressOf(leases);
    if (!alias.ip.empty()) continue;
    ASSIGN_OR_RETURN(const auto addresses, context.network.HostAddresses(), "--add-host with {}", kHostGateway);
    alias.ip = addresses.front();
  }
  return aliases;
}

// With podman, too, who joins the network of another has its files, and a name of its own in them.
Result<NameTexts> RenderJoined(Context& context, const PodRecord& pod, const std::vector<ContainerRecord>& containers) {
  ASSIGN_OR_RETURN(const std::string target, FindNetworkTarget(context, pod.spec.network.target));
  const PodLayout layout = context.Layout(target);
  NameTexts texts;
  ASSIGN_OR_RETURN(texts.hosts, common::ReadFile(layout.Hosts()));
  ASSIGN_OR_RETURN(texts.resolv_conf, common::ReadFile(layout.ResolvConf()));
  if (!texts.hosts.ends_with('\n')) texts.hosts += '\n';
  texts.hosts += fmt::format("127.0.0.1\t{} {}\n", PodHostname(pod.spec), SecondName(pod.spec, containers));
  return texts;
}

Result<> Renew(const std::string& path, const std::string& at_start, const std::string& wanted,
               const std::function<std::string(const std::string&)>& edit) {
  ASSIGN_OR_RETURN(const std::string text, common::ReadFile(path));
  const std::string renewed = text == at_start ? wanted : edit(text);
  return renewed == text ? Result<>() : common::WriteFile(path, renewed);
}

}  // namespace

std::string HostHostname() {
  char name[256] = "";
  ::gethostname(name, sizeof(name) - 1);
  return name;
}

std::string PodHostname(const PodSpec& pod) { return pod.hostname.empty() ? HostHostname() : pod.hostname; }

Result<NameTexts> RenderNameTexts(Context& context, const PodRecord& pod, const std::vector<ContainerRecord>& containers,
                                  const std::vector<network::Lease>& leases) {
  const PodSpec& spec = pod.spec;
  if (spec.network.mode == NetworkSpec::Mode::kContainer && !spec.from_kube) return RenderJoined(context, pod, containers);
  const bool host_network = spec.network.mode == NetworkSpec::Mode::kHost;
  ASSIGN_OR_RETURN(auto aliases, AliasesOf(context, spec, leases));
  const HostAndDomain names = NamesInHosts(spec);
  NameTexts texts;
  texts.hosts = RenderHosts({.kubernetes = spec.from_kube,
                             .host_network = host_network,
                             .host_file = ReadHostFile("/etc/hosts"),
                             .addresses = AddressesOf(leases),
                             .hostname = names.host,
                             .domain = names.domain,
                             .name = SecondName(spec, containers),
                             .host_address = HostAddressOf(leases),
                             .aliases = std::move(aliases)});
  const ResolvConfInput resolv_conf{.dns = spec.dns,
                                    .kubernetes = spec.from_kube,
                                    .host_network = host_network,
                                    .network_servers = NetworkServers(context, spec, leases),
                                    .kube_namespace = spec.kube_namespace,
                                    .host_file = HostResolvConf(host_network)};
  texts.resolv_conf = RenderResolvConf(resolv_conf);
  texts.omissions = ResolvConfOmissions(resolv_conf);
  return texts;
}

Result<> RenewNameFiles(Context& context, const PodRecord& pod, const std::vector<ContainerRecord>& containers,
                        const std::vector<network::Lease>& before, const std::vector<network::Lease>& after) {
  const PodLayout layout = context.Layout(pod.id);
  ASSIGN_OR_RETURN(const NameTexts earlier, RenderNameTexts(context, pod, containers, before));
  ASSIGN_OR_RETURN(const NameTexts wanted, RenderNameTexts(context, pod, containers, after));
  TRY(Renew(layout.Hosts(), earlier.hosts, wanted.hosts, [&](const std::string& text) {
    std::string renewed = ReplaceHostsAddresses(text, AddressesOf(before), AddressesOf(after), wanted.hosts);
    if (HostAddressOf(before).empty() || HostAddressOf(after).empty()) return renewed;
    return ReplaceHostAddress(renewed, HostAddressOf(before), HostAddressOf(after));
  }));
  return Renew(layout.ResolvConf(), earlier.resolv_conf, wanted.resolv_conf, [&](const std::string& text) {
    return ReplaceNameServers(text, NetworkServers(context, pod.spec, before), NetworkServers(context, pod.spec, after));
  });
}

}  // namespace skiff::pod
