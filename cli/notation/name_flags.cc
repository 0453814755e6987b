#include "cli/notation/name_flags.h"

#include <algorithm>

#include "cli/notation/policies.h"
#include "network/ip_address.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

using Mode = pod::NetworkSpec::Mode;

// podman refuses the same: a container in the network of another one has its files.
Result<> CheckNetwork(const NameFlags& flags, const pod::NetworkSpec& network) {
  const bool joins = network.mode == Mode::kContainer;
  if (joins && !flags.add_host.empty())
    return MakeError(ErrorCode::kInvalid,
                     "conflicting options: --add-host and --network container:{0}: /etc/hosts comes from {0}", network.target);
  if (flags.FirstDns().empty()) return {};
  if (joins)
    return MakeError(ErrorCode::kInvalid,
                     "conflicting options: {0} and --network container:{1}: /etc/resolv.conf comes from {1}", flags.FirstDns(),
                     network.target);
  if (network.mode == Mode::kNone)
    return MakeError(ErrorCode::kInvalid, "conflicting options: {} and --network none: there is no network to ask on",
                     flags.FirstDns());
  return {};
}

// Not a server, but that resolv.conf is left to the image.
bool IsNone(const std::string& server) { return server == "none"; }

Result<> CheckServers(const NameFlags& flags) {
  if (std::ranges::any_of(flags.dns, IsNone)) {
    if (flags.dns.size() > 1)
      return MakeError(ErrorCode::kInvalid, "--dns none is not allowed to be specified with other DNS ip addresses");
    const char* other = !flags.dns_search.empty() ? "--dns-search" : !flags.dns_option.empty() ? "--dns-option" : "";
    if (*other != '\0')
      return MakeError(ErrorCode::kInvalid,
                       "--dns none and {} cannot be set together: resolv.conf is left as it is in the image", other);
    return {};
  }
  for (const std::string& server : flags.dns) TRY(network::IpAddress::Parse(server), "--dns");
  return {};
}

}  // namespace

void NameFlags::Declare(Arguments& a) {
  constexpr ListStyle kComma = ListStyle::kCommaSeparated;
  a.List("--add-host", add_host, "name:ip", "A line of /etc/hosts; host-gateway for the host's address", kComma);
  a.Switch("--no-hosts", no_hosts, "Leave /etc/hosts as it is in the image");
  a.List("--dns", dns, "address", "DNS servers; none: leave /etc/resolv.conf as it is in the image", kComma);
  a.List("--dns-search", dns_search, "domain", "DNS search domains", kComma);
  a.List("--dns-opt,--dns-option", dns_option, "option", "Options of resolv.conf", kComma);
}

std::string_view NameFlags::FirstHosts() const { return !add_host.empty() ? "--add-host" : no_hosts ? "--no-hosts" : ""; }

std::string_view NameFlags::FirstDns() const {
  return !dns.empty() ? "--dns" : !dns_search.empty() ? "--dns-search" : !dns_option.empty() ? "--dns-option" : "";
}

Result<> ApplyNameFlags(const NameFlags& flags, pod::PodSpec& pod) {
  if (flags.no_hosts && !flags.add_host.empty())
    return MakeError(ErrorCode::kInvalid, "--no-hosts and --add-host cannot be set together");
  TRY(CheckNetwork(flags, pod.network));
  TRY(CheckServers(flags));
  pod.manage_hosts = !flags.no_hosts;
  for (const std::string& host : flags.add_host) {
    ASSIGN_OR_RETURN(pod::HostAlias alias, ParseAddHost(host));
    pod.host_aliases.push_back(std::move(alias));
  }
  pod.manage_resolv_conf = std::ranges::none_of(flags.dns, IsNone);
  if (pod.manage_resolv_conf) pod.dns.nameservers = flags.dns;
  pod.dns.searches = flags.dns_search;
  pod.dns.options = flags.dns_option;
  return {};
}

}  // namespace skiff::cli
