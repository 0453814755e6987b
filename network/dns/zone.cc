#include "network/dns/zone.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace skiff::dns {

namespace {

// Seconds. An address of a Service stays for its life; those of pods are not to be kept at all.
constexpr uint32_t kServiceTtl = 5;
constexpr uint32_t kPodTtl = 0;
constexpr uint32_t kSerial = 1;
constexpr char kSchemaVersion[] = "1.1.0";  // of the specification, asked for at dns-version.ZONE
constexpr uint16_t kWeight = 100;           // shared by the records of one SRV answer

bool IsUnder(std::string_view name, std::string_view domain) {
  return name == domain || (name.size() > domain.size() && name.ends_with(domain) &&
                            name[name.size() - domain.size() - 1] == '.');
}

std::vector<std::string_view> Split(std::string_view name) {
  std::vector<std::string_view> labels;
  while (!name.empty()) {
    const size_t dot = name.find('.');
    labels.push_back(name.substr(0, dot));
    name = dot == name.npos ? std::string_view() : name.substr(dot + 1);
  }
  return labels;
}

uint16_t TypeOf(const std::string& address) { return address.find(':') == std::string::npos ? kA : kAaaa; }

bool Asks(uint16_t type, uint16_t for_type) { return type == for_type || type == kAny; }

void AddAddresses(const std::vector<std::string>& addresses, const std::string& name, uint16_t type, uint32_t ttl,
                  std::vector<Record>& records) {
  for (const std::string& address : addresses) {
    if (Asks(type, TypeOf(address))) records.push_back({name, TypeOf(address), ttl, AddressData(address)});
  }
}

std::string ServiceName(const network::DnsService& service) {
  return fmt::format("{}.{}.svc.{}", service.name, service.kube_namespace, kClusterDomain);
}

std::string EndpointLabel(const network::DnsEndpoint& endpoint) {
  return endpoint.hostname.empty() ? DashedAddress(endpoint.address) : endpoint.hostname;
}

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return text;
}

Record StartOfAuthority(std::string_view zone) { return {std::string(zone), kSoa, 0, StartOfAuthorityData(zone, kSerial)}; }

}  // namespace

bool IsUnknownPodName(const std::string& name, const Verdict& verdict) {
  if (IsUnder(name, kPodmanDomain)) return verdict.kind == Verdict::Kind::kAnswer && verdict.response.rcode == kNameError;
  return verdict.kind == Verdict::Kind::kForward && !name.empty() && name.find('.') == std::string::npos;
}

std::string DashedAddress(const std::string& address) {
  std::string text = address;
  for (char& c : text) {
    if (c == '.' || c == ':') c = '-';
  }
  return text;
}

std::string AddressOfReverseName(std::string_view name) {
  constexpr std::string_view kIpv4 = ".in-addr.arpa", kIpv6 = ".ip6.arpa";
  const bool ipv4 = name.ends_with(kIpv4);
  if (!ipv4 && !name.ends_with(kIpv6)) return {};
  const auto labels = Split(name.substr(0, name.size() - (ipv4 ? kIpv4 : kIpv6).size()));
  if (labels.size() != (ipv4 ? 4u : 32u)) return {};
  std::string text;
  for (auto label = labels.rbegin(); label != labels.rend(); ++label) {
    if (ipv4) text += (text.empty() ? "" : ".") + std::string(*label);
    else text += (text.size() % 5 == 4 ? ":" : "") + std::string(*label);
  }
  char bytes[16], normal[INET6_ADDRSTRLEN];
  const int family = ipv4 ? AF_INET : AF_INET6;
  if (::inet_pton(family, text.c_str(), bytes) != 1) return {};
  return ::inet_ntop(family, bytes, normal, sizeof normal) ? normal : "";
}

void Zone::SetServices(network::DnsServices services) {
  services_.clear();
  service_names_by_address_.clear();
  for (network::DnsService& service : services.services) {
    const std::string name = ServiceName(service);
    for (const std::string& address : service.addresses) service_names_by_address_[address].insert(name);
    for (const network::DnsEndpoint& endpoint : service.endpoints)
      service_names_by_address_[endpoint.address].insert(EndpointLabel(endpoint) + "." + name);
    services_[{service.kube_namespace, service.name}] = std::move(service);
  }
}

void Zone::SetPod(const std::string& id, network::DnsPod pod) {
  RemovePod(id);
  for (std::string& name : pod.names) {
    name = Lower(name);
    pods_by_name_[name].insert(id);
  }
  for (const std::string& address : pod.addresses) pods_by_address_[address].insert(id);
  pods_[id] = std::move(pod);
}

void Zone::RemovePod(const std::string& id) {
  const auto found = pods_.find(id);
  if (found == pods_.end()) return;
  const auto erase = [&](auto& index, const std::string& key) {
    const auto entry = index.find(key);
    if (entry == index.end()) return;
    entry->second.erase(id);
    if (entry->second.empty()) index.erase(entry);
  };
  for (const std::string& name : found->second.names) erase(pods_by_name_, name);
  for (const std::string& address : found->second.addresses) erase(pods_by_address_, address);
  pods_.erase(found);
}

std::string Zone::PodAt(const std::string& client) const {
  const auto found = pods_by_address_.find(client);
  return found == pods_by_address_.end() ? "" : *found->second.begin();
}

std::vector<std::string> Zone::ServersOf(const std::string& client) const {
  const auto pod = pods_.find(PodAt(client));
  return pod == pods_.end() ? std::vector<std::string>() : pod->second.servers;
}

bool Zone::HasNamespace(std::string_view kube_namespace) const {
  const auto service = services_.lower_bound({std::string(kube_namespace), ""});
  if (service != services_.end() && service->first.first == kube_namespace) return true;
  return std::any_of(pods_.begin(), pods_.end(), [&](const auto& pod) { return pod.second.kube_namespace == kube_namespace; });
}

Verdict Zone::Resolve(const std::string& name, uint16_t type) const {
  Verdict verdict;
  Found found;
  std::string_view zone;
  if (IsUnder(name, kClusterDomain)) {
    zone = kClusterDomain;
    found = ResolveCluster(Split(std::string_view(name).substr(0, name.size() - zone.size())), name, type);
  } else if (IsUnder(name, kPodmanDomain)) {
    zone = kPodmanDomain;
    if (name == zone) found.exists = true;
    else found = ResolvePodman(name.substr(0, name.size() - zone.size() - 1), name, type);
  } else if (name == "host.containers.internal" || name == "host.docker.internal") {
    zone = name;
    found.exists = true;
    AddAddresses(host_addresses_, name, type, kPodTtl, found.answers);
  } else if (name.ends_with(".arpa")) {
    found = ResolveReverse(name, type);
    zone = name;
  } else if (pods_by_name_.contains(name) || (!name.empty() && name.find('.') == std::string::npos)) {
    found = ResolvePodman(name, name, type);
    zone = name;
  }
  // Names outside of our two domains that we do not know belong to others.
  if (zone.empty() || (!found.exists && zone == name)) {
    verdict.kind = Verdict::Kind::kForward;
    return verdict;
  }
  verdict.response.rcode = found.exists ? kNoError : kNameError;
  verdict.response.answers = std::move(found.answers);
  verdict.response.additional = std::move(found.additional);
  if (name == zone && type == kSoa && verdict.response.answers.empty()) verdict.response.answers = {StartOfAuthority(zone)};
  if (verdict.response.answers.empty()) verdict.response.authorities = {StartOfAuthority(zone)};
  if (!found.alias.empty() && type != kCname) {
    verdict.kind = Verdict::Kind::kFollow;
    verdict.target = std::move(found.alias);
  }
  return verdict;
}

Zone::Found Zone::ResolveCluster(const Labels& given, const std::string& name, uint16_t type) const {
  Labels labels = given;
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  if (labels.empty()) return {.exists = true};
  const std::string_view top = labels.back();
  if (labels.size() == 1 && top == "dns-version") {
    Found found{.exists = true};
    if (Asks(type, kTxt)) found.answers.push_back({name, kTxt, kServiceTtl, TextData(kSchemaVersion)});
    return found;
  }
  if (top != "svc" && top != "pod") return {};
  if (labels.size() == 1) return {.exists = true};
  labels.pop_back();
  const std::string_view kube_namespace = labels.back();
  if (labels.size() == 1) return {.exists = HasNamespace(kube_namespace)};
  if (top == "svc") return ResolveService(labels, name, type);
  if (labels.size() == 2) return ResolvePodAddress(labels[0], kube_namespace, name, type);
  return {};
}

// LABEL... SERVICE NAMESPACE
Zone::Found Zone::ResolveService(const Labels& labels, const std::string& name, uint16_t type) const {
  const auto known = services_.find({std::string(labels.back()), std::string(labels[labels.size() - 2])});
  if (known == services_.end()) return {};
  const network::DnsService& service = known->second;
  const size_t below = labels.size() - 2;
  if (!service.external_name.empty()) {
    if (below > 0) return {};
    Found found{.exists = true, .alias = service.external_name};
    found.answers.push_back({name, kCname, kServiceTtl, NameData(service.external_name)});
    return found;
  }
  if (below == 2) return ServicePorts(service, labels[0], labels[1], name, type);
  if (below > 2) return {};
  Found found;
  if (below == 0) {
    found.exists = !service.addresses.empty() || !service.endpoints.empty();
    AddAddresses(service.addresses, name, type, kServiceTtl, found.answers);
    for (const network::DnsEndpoint& endpoint : service.endpoints)
      AddAddresses({endpoint.address}, name, type, kPodTtl, found.answers);
    return found;
  }
  if (labels[0].starts_with("_")) {  // _tcp: nothing itself, but there are names below it
    const std::string_view protocol = labels[0].substr(1);
    found.exists = std::any_of(service.ports.begin(), service.ports.end(),
                               [&](const network::DnsPort& port) { return !port.name.empty() && port.protocol == protocol; });
    return found;
  }
  for (const network::DnsEndpoint& endpoint : service.endpoints) {
    if (labels[0] != EndpointLabel(endpoint) && labels[0] != DashedAddress(endpoint.address)) continue;
    found.exists = true;
    AddAddresses({endpoint.address}, name, type, kPodTtl, found.answers);
  }
  return found;
}

Zone::Found Zone::ServicePorts(const network::DnsService& service, std::string_view port, std::string_view protocol,
                               const std::string& name, uint16_t type) const {
  Found found;
  if (!port.starts_with("_") || !protocol.starts_with("_")) return found;
  struct Target {
    std::string name;
    uint16_t port;
    std::vector<std::string> addresses;
  };
  std::vector<Target> targets;
  const auto matches = [&](const network::DnsPort& p) {
    return !p.name.empty() && p.name == port.substr(1) && p.protocol == protocol.substr(1);
  };
  for (const network::DnsPort& p : service.ports) {
    if (!service.addresses.empty() && matches(p)) targets.push_back({ServiceName(service), p.port, service.addresses});
  }
  for (const network::DnsEndpoint& endpoint : service.endpoints) {
    for (const network::DnsPort& p : endpoint.ports) {
      if (matches(p)) targets.push_back({EndpointLabel(endpoint) + "." + ServiceName(service), p.port, {endpoint.address}});
    }
  }
  found.exists = !targets.empty();
  if (!Asks(type, kSrv)) return found;
  const uint32_t ttl = service.addresses.empty() ? kPodTtl : kServiceTtl;
  const auto weight = static_cast<uint16_t>(targets.empty() ? 0 : std::max<size_t>(kWeight / targets.size(), 1));
  for (const Target& target : targets) {
    found.answers.push_back({name, kSrv, ttl, ServiceData(0, weight, target.port, target.name)});
    AddAddresses(target.addresses, target.name, kAny, ttl, found.additional);
  }
  return found;
}

Zone::Found Zone::ResolvePodAddress(std::string_view dashed, std::string_view kube_namespace, const std::string& name,
                                    uint16_t type) const {
  Found found;
  for (const auto& [id, pod] : pods_) {
    if (pod.kube_namespace != kube_namespace) continue;
    for (const std::string& address : pod.addresses) {
      if (DashedAddress(address) != dashed) continue;
      found.exists = true;
      AddAddresses({address}, name, type, kPodTtl, found.answers);
    }
  }
  return found;
}

Zone::Found Zone::ResolvePodman(const std::string& label, const std::string& name, uint16_t type) const {
  Found found;
  const auto known = pods_by_name_.find(label);
  if (known == pods_by_name_.end()) return found;
  found.exists = true;
  for (const std::string& id : known->second) AddAddresses(pods_.at(id).addresses, name, type, kPodTtl, found.answers);
  return found;
}

Zone::Found Zone::ResolveReverse(const std::string& name, uint16_t type) const {
  Found found;
  const std::string address = AddressOfReverseName(name);
  if (address.empty()) return found;
  std::vector<std::string> names;
  if (const auto services = service_names_by_address_.find(address); services != service_names_by_address_.end())
    names.assign(services->second.begin(), services->second.end());
  if (const auto pods = pods_by_address_.find(address); names.empty() && pods != pods_by_address_.end()) {
    for (const std::string& id : pods->second) names.insert(names.end(), pods_.at(id).names.begin(), pods_.at(id).names.end());
  }
  found.exists = !names.empty();
  if (!Asks(type, kPtr)) return found;
  for (const std::string& target : names) found.answers.push_back({name, kPtr, kPodTtl, NameData(target)});
  return found;
}

}  // namespace skiff::dns
