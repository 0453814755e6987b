#include "network/service/service_leases.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <set>

#include "common/file.h"
#include "network/host_ports.h"
#include "network/host_routes.h"
#include "network/pod_record.h"
#include "network/subnet_pool.h"
#include "network/sysctl.h"

namespace skiff::network {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

// The range that Kubernetes gives node ports, and its first part, from which it does not choose by itself.
constexpr uint16_t kFirstNodePort = 30000;
constexpr uint16_t kFirstChosenNodePort = 30086;
constexpr uint16_t kLastNodePort = 32767;

// How far from its base the addresses of a range go; without end for our purpose in a wide one of IPv6.
uint32_t SizeOf(const IpSubnet& range) {
  return static_cast<uint32_t>(std::min<uint64_t>(range.last().DistanceFrom(range.base), 1u << 24));
}

// Of the service range too, the lower part is for addresses that are written down.
uint32_t FirstChosen(const IpSubnet& range) { return 1 + std::min<uint32_t>(std::max<uint32_t>(SizeOf(range) / 16, 1), 256); }

std::string PortName(const std::string& protocol, uint16_t port) { return fmt::format("{}-{}", protocol, port); }

// False: somebody has it.
Result<bool> MakeLink(const std::string& directory, const std::string& name, const std::string& holder) {
  const std::string path = directory + "/" + name;
  while (::symlink(holder.c_str(), path.c_str()) != 0) {
    if (errno == EEXIST) return false;
    if (errno != ENOENT) return ErrnoError("lease {}", path);
    TRY(common::MakeDirectories(directory));
  }
  return true;
}

std::vector<std::string> NamesHeldBy(const std::string& directory, const std::string& holder) {
  std::vector<std::string> held;
  const auto names = common::ListDirectory(directory);
  if (!names) return held;
  for (const std::string& name : *names) {
    if (const auto text = common::ReadLink(directory + "/" + name); text && *text == holder) held.push_back(name);
  }
  return held;
}

uint32_t RandomBelow(uint32_t count) {
  static std::random_device device;
  return std::uniform_int_distribution<uint32_t>(0, count - 1)(device);
}

Result<IpSubnet> ChooseRange(bool v6) {
  ASSIGN_OR_RETURN(RtnlSocket host, RtnlSocket::Open());
  ASSIGN_OR_RETURN(const auto used, HostSubnets(host));
  if (v6) {
    constexpr int kPrefixLength = 112;
    ASSIGN_OR_RETURN(const IpSubnet free, ChooseIpv6Subnet(used));
    return IpSubnet::Of(free.base, kPrefixLength);
  }
  ASSIGN_OR_RETURN(const IpSubnet first, IpSubnet::Parse(ServiceLeases::kDefaultRange));
  constexpr uint64_t kCandidates = 16;  // 10.96.0.0/12, where Kubernetes has its Services too
  for (uint64_t i = 0; i < kCandidates; ++i) {
    const IpSubnet candidate = IpSubnet::Of(first.base.Plus(i << 16), first.prefix_length);
    if (std::none_of(used.begin(), used.end(), [&](const IpSubnet& s) { return s.Overlaps(candidate); })) return candidate;
  }
  return MakeError(ErrorCode::kUnavailable,
                   "no range for the addresses of Services: the host has routes into every /16 of 10.96.0.0/12; "
                   "write a free subnet into the service-range file");
}

}  // namespace

// One call of Take: what is new goes away again on failure.
class ServiceLeases::Taking {
 public:
  Taking(const ServiceLeases& leases, const std::string& holder)
      : leases_(leases),
        holder_(holder),
        addresses_(leases.directory_ + "/addresses"),
        ports_(leases.directory_ + "/ports") {
    for (auto& name : NamesHeldBy(addresses_, holder)) had_.insert(addresses_ + "/" + name);
    for (auto& name : NamesHeldBy(ports_, holder)) had_.insert(ports_ + "/" + name);
  }

  Result<std::string> TakeAddress(const ServiceRequest::Address& request) {
    ASSIGN_OR_RETURN(const IpSubnet range, leases_.Range(request.v6));
    if (!request.wanted.empty()) return TakeWanted(range, request.wanted);
    for (const std::string& path : had_) {
      if (!path.starts_with(addresses_)) continue;
      const std::string name = path.substr(addresses_.size() + 1);
      const auto address = IpAddress::Parse(name);
      if (!address || !range.Contains(*address)) continue;
      used_.insert(path);
      return name;
    }
    const uint32_t first = FirstChosen(range), end = SizeOf(range);
    constexpr int kTries = 64;
    for (int i = 0; i < kTries && end > first; ++i) {
      const std::string name = range.base.Plus(first + RandomBelow(end - first)).ToString();
      ASSIGN_OR_RETURN(const bool taken, TakeNew(addresses_, name));
      if (taken) return name;
    }
    for (uint32_t distance = 1; distance < end; ++distance) {
      const std::string name = range.base.Plus(distance).ToString();
      ASSIGN_OR_RETURN(const bool taken, TakeNew(addresses_, name));
      if (taken) return name;
    }
    return MakeError(ErrorCode::kUnavailable, "every address of the service range {} is held by a Service",
                     range.ToString());
  }

  Result<uint16_t> TakeNodePort(const std::string& protocol, uint16_t wanted) {
    if (wanted != 0) {
      TRY(TakeHostPort(protocol, wanted));
      return wanted;
    }
    constexpr int kTries = 64;
    for (int i = 0; i < kTries; ++i) {
      const auto port = static_cast<uint16_t>(kFirstChosenNodePort + RandomBelow(kLastNodePort - kFirstChosenNodePort + 1));
      if (TakeHostPort(protocol, port)) return port;
    }
    for (int port = kFirstNodePort; port <= kLastNodePort; ++port) {
      if (TakeHostPort(protocol, static_cast<uint16_t>(port))) return static_cast<uint16_t>(port);
    }
    return MakeError(ErrorCode::kUnavailable, "every node port from {} to {} is taken", kFirstNodePort, kLastNodePort);
  }

  Result<> TakeHostPort(const std::string& protocol, uint16_t port) {
    const std::string name = PortName(protocol, port);
    const std::string path = ports_ + "/" + name;
    if (had_.contains(path)) {
      used_.insert(path);
      return {};
    }
    ASSIGN_OR_RETURN(const bool taken, TakeNew(ports_, name));
    if (!taken) {
      const auto other = common::ReadLink(path);
      if (other && *other == holder_) return {};  // node port and host port are the same
      return MakeError(ErrorCode::kExists, "port {}/{} of the host is held by Service \"{}\"", port, protocol,
                       other ? *other : "?");
    }
    // Bound for a moment only, to find programs and pods that have it.
    const auto bound = BindHostPort({.host_port = port, .protocol = protocol}, leases_.paths_.proc_root,
                                    [&](const Port& p) { return PodHolding(p); });
    if (bound) return {};
    TRY(common::RemoveFile(path));
    new_.erase(path);
    used_.erase(path);
    return bound.error();
  }

  void Commit() {
    for (const std::string& path : had_) {
      if (!used_.contains(path)) (void)common::RemoveFile(path).has_value();
    }
    new_.clear();
  }

  ~Taking() {
    for (const std::string& path : new_) (void)common::RemoveFile(path).has_value();
  }

 private:
  Result<std::string> TakeWanted(const IpSubnet& range, const std::string& text) {
    const auto address = IpAddress::Parse(text);
    const std::string wanted = address ? address->ToString() : text;  // of several ways to write it, one
    if (!address || !range.Contains(*address) || *address == range.base || *address == range.last()) {
      return MakeError(ErrorCode::kInvalid, "provided IP {} is not in the valid range. The range of valid IPs is {}",
                       wanted, range.ToString());
    }
    const std::string path = addresses_ + "/" + wanted;
    if (had_.contains(path)) {
      used_.insert(path);
      return wanted;
    }
    ASSIGN_OR_RETURN(const bool taken, TakeNew(addresses_, wanted));
    if (taken) return wanted;
    const auto other = common::ReadLink(path);
    return MakeError(ErrorCode::kExists, "cluster address {} is held by Service \"{}\"", wanted, other ? *other : "?");
  }

  Result<bool> TakeNew(const std::string& directory, const std::string& name) {
    ASSIGN_OR_RETURN(const bool taken, MakeLink(directory, name, holder_));
    if (taken) {
      new_.insert(directory + "/" + name);
      used_.insert(directory + "/" + name);
    }
    return taken;
  }

  std::string PodHolding(const Port& port) const {
    const PodRecords records(leases_.paths_.run_dir + "/networks/pods", leases_.paths_.proc_root);
    const auto list = records.List();
    if (!list) return {};
    for (const PodRecord& record : *list) {
      for (const Port& held : record.ports) {
        if (held.host_port == port.host_port && held.protocol == port.protocol) return record.shown_name();
      }
    }
    return {};
  }

  const ServiceLeases& leases_;
  const std::string holder_;
  const std::string addresses_, ports_;
  std::set<std::string> had_, used_, new_;  // paths
};

ServiceLeases::ServiceLeases(const common::SystemPaths& paths)
    : paths_(paths), directory_(paths.state_dir + "/services") {}

Result<IpSubnet> ServiceLeases::Range(bool v6) const {
  const std::string configured = paths_.config_dir + (v6 ? "/skiff/service-range-v6" : "/skiff/service-range");
  const std::string chosen = directory_ + (v6 ? "/range6" : "/range");
  const auto parse = [&](std::string text, const std::string& file) -> Result<IpSubnet> {
    text.erase(text.find_last_not_of(" \t\n") + 1);
    ASSIGN_OR_RETURN(const IpSubnet range, IpSubnet::Parse(text), "{}", file);
    const int least = v6 ? 64 : 8, most = v6 ? 124 : 28;
    if (range.base.v6 != v6 || range.prefix_length < least || range.prefix_length > most)
      return MakeError(ErrorCode::kInvalid, "{}: the range of Services must be {} with a prefix length of {} to {}", file,
                       v6 ? "IPv6" : "IPv4", least, most);
    return range;
  };
  if (const auto text = common::ReadFile(configured)) return parse(*text, configured);
  if (const auto text = common::ReadFile(chosen)) return parse(*text, chosen);
  if (v6 && !Sysctls(paths_.proc_root).HasIpv6())
    return MakeError(ErrorCode::kUnsupported, "this kernel has no IPv6");
  ASSIGN_OR_RETURN(const IpSubnet range, ChooseRange(v6));
  TRY(common::MakeDirectories(directory_));
  // Another command may have chosen meanwhile: the first one counts.
  const std::string mine = fmt::format("{}.{}", chosen, ::getpid());
  TRY(common::WriteFile(mine, range.ToString() + "\n"));
  const bool first = ::link(mine.c_str(), chosen.c_str()) == 0 || errno == EEXIST;
  const int error = errno;
  TRY(common::RemoveFile(mine));
  if (!first) return common::Error::FromErrno(error, "write " + chosen);
  ASSIGN_OR_RETURN(const std::string text, common::ReadFile(chosen));
  return parse(text, chosen);
}

Result<ServiceLease> ServiceLeases::Take(const ServiceRequest& request) const {
  Taking taking(*this, request.holder);
  ServiceLease lease;
  for (const ServiceRequest::Address& address : request.addresses) {
    ASSIGN_OR_RETURN(lease.addresses.emplace_back(), taking.TakeAddress(address));
  }
  for (const ServiceRequest::Port& port : request.ports) {
    lease.node_ports.push_back(0);
    if (port.wants_node_port) {
      ASSIGN_OR_RETURN(lease.node_ports.back(), taking.TakeNodePort(port.protocol, port.node_port));
    }
    if (port.host_port != 0) TRY(taking.TakeHostPort(port.protocol, port.host_port));
  }
  taking.Commit();
  return lease;
}

Result<std::vector<std::string>> ServiceLeases::Holders() const {
  std::set<std::string> holders;
  for (const std::string& directory : {directory_ + "/addresses", directory_ + "/ports"}) {
    const auto names = common::ListDirectory(directory);
    if (!names && names.error().code() == ErrorCode::kNotFound) continue;
    TRY(names);
    for (const std::string& name : *names) {
      // One that goes just now has none.
      if (auto holder = common::ReadLink(directory + "/" + name)) holders.insert(std::move(*holder));
    }
  }
  return std::vector<std::string>(holders.begin(), holders.end());
}

Result<> ServiceLeases::Release(const std::string& holder) const {
  for (const std::string& directory : {directory_ + "/addresses", directory_ + "/ports"}) {
    for (const std::string& name : NamesHeldBy(directory, holder)) TRY(common::RemoveFile(directory + "/" + name));
  }
  return {};
}

std::optional<std::string> ServiceLeases::PortHolder(const std::string& protocol, uint16_t port) const {
  auto holder = common::ReadLink(directory_ + "/ports/" + PortName(protocol, port));
  if (!holder) return std::nullopt;
  return std::move(*holder);
}

}  // namespace skiff::network
