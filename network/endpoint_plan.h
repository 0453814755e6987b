// How an endpoint comes into being on paper: names and addresses before anything in the kernel is changed.
#pragma once

#include <string>

#include "network/ip_address.h"
#include "network/lease_store.h"
#include "network/network.h"
#include "network/pod_record.h"

namespace skiff::network {

// Of an interface inside of a pod.
common::Result<> CheckInterfaceName(const std::string& name);

// A further name of a pod in DNS: labels of letters, digits, '-' and '_'.
common::Result<> CheckAlias(const std::string& alias);

// What the names of a pod's links on bridges begin with; of no other pod's do they.
std::string LinkNameBase(const std::string& pod_id);

// The endpoint with names filled in, added to the record. kInvalid: names that cannot be.
common::Result<> PlanEndpoint(PodRecord& record, const Definition& network, const EndpointRequest& request);

// Those that the request names. kInvalid: one that no pod of the network can have.
common::Result<std::vector<IpAddress>> StaticAddresses(const Definition& network, const EndpointRequest& request);

// Takes the addresses that the request names, or any. `describe` gives the name of a pod for messages.
common::Result<std::vector<Lease>> TakeAddresses(LeaseStore& leases, const Definition& network,
                                                 const EndpointRequest& request, const std::string& pod_id,
                                                 const std::function<std::string(const std::string&)>& describe);

// The link address of the endpoint: the one wished for, or one that goes with its first address.
std::string MacOf(const Definition& network, const EndpointRequest& request, const std::vector<Lease>& leases,
                  const std::string& pod_id);

}  // namespace skiff::network
