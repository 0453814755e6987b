#include "pod/network/service_ports.h"

#include <algorithm>
#include <map>
#include <set>

#include "common/file.h"
#include "common/json_fields.h"
#include "network/host_ports.h"
#include "network/pod_record.h"
#include "pod/control.h"
#include "pod/network/pod_network.h"
#include "pod/network/service_files.h"
#include "pod/supervisor/control_client.h"
#include "pod/supervisor/held_port.h"
#include "pod/supervisor/pod_lock.h"

namespace skiff::pod {

using common::ErrorCode;
using common::Result;

namespace {

// What a pod's reaper holds for a Service. The intention is written down first: `sure` says that it has been done.
struct ServicePort {
  std::string protocol;
  uint16_t port = 0;
  std::string pod;             // id
  std::string address;         // of the Service, where connections to [::1] are led
  uint16_t service_port = 0;
  bool relayed = true;         // false: only some clients may connect, which a relay cannot tell apart
  bool sure = false;

  std::pair<std::string, uint16_t> key() const { return {protocol, port}; }
  bool SamePlace(const ServicePort& o) const {
    return key() == o.key() && address == o.address && service_port == o.service_port && relayed == o.relayed;
  }
};

template <typename V>
void VisitFields(V& v, ServicePort& p) {
  v("protocol", p.protocol);
  v("port", p.port);
  v("pod", p.pod);
  v("address", p.address);
  v("servicePort", p.service_port);
  v("relayed", p.relayed);
  v("sure", p.sure);
}

struct ServicePorts {
  std::vector<ServicePort> ports;
};

template <typename V>
void VisitFields(V& v, ServicePorts& p) {
  v("ports", p.ports);
}

std::string SideOf(const ServicePort& port) { return supervisor::ServiceSide(port.protocol, port.port); }

std::string HeldFile(const Context& context) { return context.paths.run_dir + "/services/held.json"; }

// A broken file only costs the knowledge of what is held.
ServicePorts ReadHeld(const std::string& file) {
  const auto text = common::ReadFile(file);
  return text ? common::DecodeJson<ServicePorts>(*text, file).value_or(ServicePorts()) : ServicePorts();
}

Result<> WriteHeld(const std::string& file, const ServicePorts& held) {
  if (held.ports.empty()) return common::RemoveFile(file);
  return common::WriteFileAtomic(file, common::EncodeJson(held), 0600);
}

class Holder {
 public:
  Holder(Context& context, const std::vector<network::ServiceRule>& rules)
      : context_(context), rules_(rules), file_(HeldFile(context)), held_(ReadHeld(file_)) {}

  Result<> Run() {
    const bool any = std::ranges::any_of(rules_, [](const auto& rule) { return rule.node_port != 0 || rule.host_port != 0; });
    if (!any && held_.ports.empty()) return {};
    TRY(FindPods());
    FindWanted();
    TRY(DropUnwanted());
    for (const auto& [key, wanted] : wanted_) {
      const bool done = std::ranges::any_of(held_.ports, [&](const ServicePort& port) { return port.SamePlace(wanted.port); });
      if (done) continue;
      auto result = Hold(wanted);
      if (!result && first_error_) first_error_ = std::move(result);
    }
    return std::move(first_error_);
  }

 private:
  struct Wanted {
    ServicePort port;
    std::vector<std::string> pods;  // that may hold it
  };

  Result<> FindPods() {
    const network::PodRecords records(context_.paths.run_dir + "/networks/pods", context_.paths.proc_root);
    ASSIGN_OR_RETURN(const auto pods, records.List());
    for (const network::PodRecord& pod : pods) {
      for (const network::Endpoint& endpoint : pod.endpoints) {
        for (const network::Lease& lease : endpoint.leases) pod_of_address_[lease.address] = pod.pod_id;
      }
    }
    return {};
  }

  void FindWanted() {
    for (const network::ServiceRule& rule : rules_) {
      std::vector<std::string> pods;
      for (const network::ServiceEndpoint& endpoint : rule.endpoints) {
        const auto pod = pod_of_address_.find(endpoint.address);
        if (pod != pod_of_address_.end()) pods.push_back(pod->second);
      }
      // A pod in the host's network may listen on this very port itself.
      if (pods.size() != rule.endpoints.size() || rule.addresses.empty()) continue;
      for (const uint16_t port : {rule.node_port, rule.host_port}) {
        if (port == 0 || pods.empty()) continue;
        const ServicePort wanted{.protocol = rule.protocol,
                                 .port = port,
                                 .address = rule.addresses.front(),
                                 .service_port = rule.port,
                                 .relayed = port != rule.host_port || rule.source_ranges.empty()};
        wanted_.try_emplace(wanted.key(), Wanted{wanted, pods});
      }
    }
  }

  bool Lives(const std::string& pod) const {
    const auto alive = supervisor::PodIsAlive(context_.Layout(pod).run_dir());
    return alive && *alive;
  }

  Result<> DropUnwanted() {
    const auto leaves = [&](const ServicePort& port) {
      if (!Lives(port.pod)) return true;
      const auto wanted = wanted_.find(port.key());
      if (port.sure && wanted != wanted_.end() && wanted->second.port.SamePlace(port)) return false;
      supervisor::ControlRequest request;
      request.op = "release";
      request.names = {SideOf(port)};
      const auto released = Ask(context_, port.pod, request);
      // Of a pod that is just ending the kernel closes it.
      return released || released.error().code() == ErrorCode::kNotFound || !Lives(port.pod);
    };
    if (std::erase_if(held_.ports, leaves) == 0) return {};
    return Write();
  }

  Result<> Hold(const Wanted& wanted) {
    ASSIGN_OR_RETURN(const auto sockets,
                     network::BindHostPort({.host_port = wanted.port.port, .container_port = wanted.port.service_port,
                                            .protocol = wanted.port.protocol},
                                           context_.paths.proc_root, [](const network::Port&) { return std::string(); },
                                           // A relay answers for the machine itself only: from elsewhere a Service has the
                                           // families of its addresses, and its clients keep theirs.
                                           wanted.port.relayed ? network::Ipv6Side::kLoopback : network::Ipv6Side::kEverywhere));
    for (const std::string& pod : wanted.pods) {
      held_.ports.push_back(wanted.port);
      held_.ports.back().pod = pod;
      TRY(Write());
      if (HandOver(wanted.port, pod, sockets)) {
        held_.ports.back().sure = true;
        return Write();
      }
      // It is just ending: the next one. Whoever follows the pods afterwards finds this one's entry to be over.
      if (!Lives(pod)) held_.ports.pop_back();
    }
    return Write();
  }

  Result<> HandOver(const ServicePort& port, const std::string& pod, const std::vector<network::HeldPort>& sockets) {
    ASSIGN_OR_RETURN(auto client, supervisor::ControlClient::Connect(context_.Layout(pod).run_dir()));
    for (const network::HeldPort& held : sockets) {
      supervisor::ControlRequest request;
      request.op = "hold";
      const supervisor::RelayTarget target{.address = port.address, .port = port.service_port};
      request.names = {held.relayed && port.relayed ? supervisor::RelayName(SideOf(port), target)
                                                    : supervisor::HoldName(SideOf(port), held.relayed)};
      TRY(client.Call(request, held.socket.get()));
    }
    return {};
  }

  Result<> Write() { return WriteHeld(file_, held_); }

  Context& context_;
  const std::vector<network::ServiceRule>& rules_;
  const std::string file_;
  ServicePorts held_;
  std::map<std::string, std::string> pod_of_address_;
  std::map<std::pair<std::string, uint16_t>, Wanted> wanted_;
  Result<> first_error_;
};

}  // namespace

Result<> HoldServicePorts(Context& context, const std::vector<network::ServiceRule>& rules) { return Holder(context, rules).Run(); }

Result<> ForgetServicePorts(const Context& context, const std::string& pod_id) {
  const std::string file = HeldFile(context);
  const auto is_of_pod = [&](const ServicePort& port) { return port.pod == pod_id; };
  if (std::ranges::none_of(ReadHeld(file).ports, is_of_pod)) return {};
  ASSIGN_OR_RETURN(const auto lock, common::FileLock::Acquire(ServicesLock(context.paths)));
  ServicePorts held = ReadHeld(file);
  std::erase_if(held.ports, is_of_pod);
  return WriteHeld(file, held);
}

}  // namespace skiff::pod
