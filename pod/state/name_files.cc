#include "pod/state/name_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>

namespace skiff::pod {
namespace {

constexpr size_t kMaxNameservers = 3;
constexpr size_t kMaxSearches = 32;
constexpr size_t kMaxDomain = 253;
constexpr size_t kMaxSearchCharacters = 2048;
constexpr char kHostNames[] = "host.containers.internal host.docker.internal";

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream input{std::string(text)};
  for (std::string line; std::getline(input, line);) lines.push_back(std::move(line));
  return lines;
}

std::string Join(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

std::string RenderKubernetesHosts(const HostsInput& input) {
  std::string text;
  if (input.host_network) {
    text = "# Kubernetes-managed hosts file (host network).\n" + input.host_file;
    if (!text.ends_with('\n')) text += '\n';
  } else {
    text =
        "# Kubernetes-managed hosts file.\n"
        "127.0.0.1\tlocalhost\n"
        "::1\tlocalhost ip6-localhost ip6-loopback\n"
        "fe00::0\tip6-localnet\n"
        "fe00::0\tip6-mcastprefix\n"
        "fe00::1\tip6-allnodes\n"
        "fe00::2\tip6-allrouters\n";
    const std::string full = input.domain.empty() ? "" : fmt::format("{}.{}\t", input.hostname, input.domain);
    for (const std::string& address : input.addresses) text += fmt::format("{}\t{}{}\n", address, full, input.hostname);
    if (!input.host_address.empty()) text += fmt::format("{}\t{}\n", input.host_address, kHostNames);
  }
  if (!input.aliases.empty()) text += "\n# Entries added by HostAliases.\n";
  for (const HostAlias& alias : input.aliases) {
    text += fmt::format("{}\t{}\n", alias.ip, fmt::join(alias.hostnames, "\t"));
  }
  return text;
}

// Lines in podman's order; a name that came before is not given again by the later, automatic ones.
class PodmanHosts {
 public:
  void Add(const std::string& address, const std::vector<std::string>& names) {
    text_ += address + "\t" + Join(names) + "\n";
    seen_.insert(names.begin(), names.end());
  }
  void AddNew(const std::string& address, const std::vector<std::string>& names) { AddNew(std::vector{address}, names); }
  // The same names for each address.
  void AddNew(const std::vector<std::string>& addresses, const std::vector<std::string>& names) {
    std::vector<std::string> left;
    for (const std::string& name : names) {
      if (!name.empty() && !seen_.contains(name) && std::ranges::find(left, name) == left.end()) left.push_back(name);
    }
    // Both families may bear the name localhost, so what is new is only remembered by Add.
    if (left.empty()) return;
    for (const std::string& address : addresses) text_ += address + "\t" + Join(left) + "\n";
  }
  void AddFile(const std::string& file) {
    std::istringstream lines(file);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line.substr(0, line.find('#')));
      std::string address;
      std::vector<std::string> names;
      words >> address;
      for (std::string name; words >> name;) names.push_back(name);
      if (!names.empty()) Add(address, names);
    }
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::set<std::string> seen_;
};

std::string RenderPodmanHosts(const HostsInput& input) {
  PodmanHosts hosts;
  for (const HostAlias& alias : input.aliases) hosts.Add(alias.ip, alias.hostnames);
  hosts.AddFile(input.host_file);
  hosts.AddNew("127.0.0.1", {"localhost"});
  hosts.AddNew("::1", {"localhost"});
  if (!input.host_address.empty()) hosts.AddNew(input.host_address, {"host.containers.internal", "host.docker.internal"});
  hosts.AddNew(input.addresses, {input.hostname, input.name});
  return hosts.text();
}

struct ResolvConf {
  std::vector<std::string> nameservers;
  std::vector<std::string> searches;
  std::vector<std::string> options;
};

ResolvConf Parse(std::string_view text) {
  ResolvConf parsed;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find_first_of("#;")));
    std::string keyword;
    std::vector<std::string> values;
    words >> keyword;
    for (std::string value; words >> value;) values.push_back(value);
    if (values.empty()) continue;
    if (keyword == "nameserver") parsed.nameservers.push_back(values.front());
    if (keyword == "search" || keyword == "domain") parsed.searches = values;  // the last one counts
    if (keyword == "options") parsed.options.insert(parsed.options.end(), values.begin(), values.end());
  }
  return parsed;
}

bool IsLoopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

void AppendNew(std::vector<std::string>& list, const std::vector<std::string>& more) {
  for (const std::string& value : more) {
    if (std::ranges::find(list, value) == list.end()) list.push_back(value);
  }
}

// "ndots:5" and "ndots:2" are the same option; the later one wins.
void MergeOptions(std::vector<std::string>& options, const std::vector<std::string>& more) {
  const auto name = [](const std::string& option) { return option.substr(0, option.find(':')); };
  for (const std::string& option : more) {
    std::erase_if(options, [&](const std::string& old) { return name(old) == name(option); });
    options.push_back(option);
  }
}

}  // namespace

std::string RenderHosts(const HostsInput& input) {
  return input.kubernetes ? RenderKubernetesHosts(input) : RenderPodmanHosts(input);
}

std::string ReplaceHostsAddresses(std::string_view text, const std::vector<std::string>& before,
                                  const std::vector<std::string>& after, std::string_view at_start) {
  const auto in = [](const std::vector<std::string>& list, const std::string& address) {
    return std::ranges::find(list, address) != list.end();
  };
  const auto address_of = [](const std::string& line) { return line.substr(0, line.find_first_of(" \t")); };
  std::vector<std::string> lines;
  std::string names;  // of the pod, with the separator in front
  size_t place = 0;   // behind the last of its lines
  for (const std::string& line : Lines(text)) {
    const std::string address = address_of(line);
    const bool ours = in(before, address);
    if (ours && names.empty()) names = line.substr(address.size());
    if (!ours || in(after, address)) lines.push_back(line);
    if (ours) place = lines.size();
  }
  if (!names.empty()) {
    for (const std::string& address : after) {
      if (!in(before, address)) lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(place++), address + names);
    }
  } else {
    std::ranges::copy_if(Lines(at_start), std::back_inserter(lines),
                         [&](const std::string& line) { return in(after, address_of(line)); });
  }
  std::string result;
  for (const std::string& line : lines) result += line + "\n";
  return result;
}

std::string ReplaceHostAddress(std::string_view text, const std::string& before, const std::string& after) {
  std::string result;
  for (const std::string& line : Lines(text)) {
    const bool ours = line.substr(0, line.find_first_of(" \t")) == before && line.ends_with(kHostNames);
    result += (ours ? after + line.substr(before.size()) : line) + "\n";
  }
  return result;
}

std::string ReplaceNameServers(std::string_view text, const std::vector<std::string>& before,
                               const std::vector<std::string>& after) {
  constexpr std::string_view kKeyword = "nameserver ";
  std::vector<std::string> lines;
  std::optional<size_t> place;  // of the first of them
  for (const std::string& line : Lines(text)) {
    const bool ours = line.starts_with(kKeyword) && std::ranges::find(before, line.substr(kKeyword.size())) != before.end();
    if (ours && !place) place = lines.size();
    if (!ours) lines.push_back(line);
  }
  if (!place || after.empty()) return std::string(text);
  for (const std::string& server : after)
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>((*place)++), std::string(kKeyword) + server);
  std::string result;
  size_t servers = 0;
  for (const std::string& line : lines) {
    if (line.starts_with(kKeyword) && ++servers > kMaxNameservers) continue;
    result += line + "\n";
  }
  return result;
}

namespace {

// Kubernetes: only for the policies that ask for the cluster's names; podman: always.
void UseNetworkServers(const ResolvConfInput& input, ResolvConf& result) {
  using Policy = DnsConfig::Policy;
  if (!input.kubernetes) {
    result.nameservers = input.network_servers;
    result.searches = {"dns.podman"};
    return;
  }
  if (input.dns.policy != Policy::kClusterFirst && input.dns.policy != Policy::kClusterFirstWithHostNet) return;
  result.nameservers = input.network_servers;
  std::vector<std::string> searches = {input.kube_namespace + ".svc.cluster.local", "svc.cluster.local", "cluster.local"};
  AppendNew(searches, result.searches);
  result.searches = std::move(searches);
  result.options = {"ndots:5"};
}

}  // namespace

namespace {

// All that is asked for, more than a resolver reads.
ResolvConf Compose(const ResolvConfInput& input) {
  ResolvConf result;
  if (input.dns.policy != DnsConfig::Policy::kNone) {
    result = Parse(input.host_file);
    if (!input.host_network) std::erase_if(result.nameservers, IsLoopback);
    if (!input.network_servers.empty()) UseNetworkServers(input, result);
  }
  if (!input.kubernetes) {
    if (!input.dns.nameservers.empty() && input.network_servers.empty()) result.nameservers.clear();
    if (!input.dns.searches.empty()) result.searches.clear();
    if (!input.dns.options.empty()) result.options.clear();
  }
  if (input.kubernetes || input.network_servers.empty()) AppendNew(result.nameservers, input.dns.nameservers);
  AppendNew(result.searches, input.dns.searches);
  MergeOptions(result.options, input.dns.options);
  // `--dns-search .` asks for no search list at all.
  std::erase(result.searches, ".");
  if (result.nameservers.empty() && input.dns.policy != DnsConfig::Policy::kNone) {
    result.nameservers = {"8.8.8.8", "8.8.4.4"};  // as podman and docker do
  }
  return result;
}

std::vector<std::string> FittingServers(std::vector<std::string> servers) {
  if (servers.size() > kMaxNameservers) servers.resize(kMaxNameservers);
  return servers;
}

// As the kubelet cuts: first the number, then what no resolver takes, then the end of what is too long together.
std::vector<std::string> FittingSearches(std::vector<std::string> searches, bool kubernetes) {
  if (searches.size() > kMaxSearches) searches.resize(kMaxSearches);
  if (!kubernetes) return searches;
  std::erase_if(searches, [](const std::string& domain) { return domain.size() > kMaxDomain; });
  while (Join(searches).size() > kMaxSearchCharacters) searches.pop_back();
  return searches;
}

}  // namespace

std::string RenderResolvConf(const ResolvConfInput& input) {
  ResolvConf result = Compose(input);
  result.nameservers = FittingServers(std::move(result.nameservers));
  result.searches = FittingSearches(std::move(result.searches), input.kubernetes);
  std::string text;
  if (!result.searches.empty()) text += "search " + Join(result.searches) + "\n";
  for (const std::string& server : result.nameservers) text += "nameserver " + server + "\n";
  if (!result.options.empty()) text += "options " + Join(result.options) + "\n";
  return text;
}

std::vector<std::string> ResolvConfOmissions(const ResolvConfInput& input) {
  const ResolvConf wanted = Compose(input);
  std::vector<std::string> omissions;
  if (const auto servers = FittingServers(wanted.nameservers); servers.size() < wanted.nameservers.size())
    omissions.push_back("Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: " +
                        Join(servers));
  if (const auto searches = FittingSearches(wanted.searches, input.kubernetes); searches.size() < wanted.searches.size())
    omissions.push_back("Search Line limits were exceeded, some search paths have been omitted, the applied search line is: " +
                        Join(searches));
  return omissions;
}

bool OnlyLoopbackResolvers(std::string_view resolv_conf) {
  const ResolvConf parsed = Parse(resolv_conf);
  return !parsed.nameservers.empty() && std::ranges::all_of(parsed.nameservers, IsLoopback);
}

}  // namespace skiff::pod
